// What a run of http-tests/cache-tests gave, by kind: `node score.mjs TESTS RESULTS`, as JSON.
import fs from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'

const [suite, results] = process.argv.slice(2)
const { default: suites } = await import(pathToFileURL(path.resolve(suite, 'tests/index.mjs')))
const got = JSON.parse(fs.readFileSync(results, 'utf8'))
const score = { passed: {}, total: {}, failed: [] }
for (const { tests } of suites) {
  for (const test of tests) {
    if (test.browser_only) continue
    const kind = { optimal: 'optional', check: 'check' }[test.kind] ?? 'required'
    const passed = got[test.id] === true
    score.total[kind] = (score.total[kind] ?? 0) + 1
    score.passed[kind] = (score.passed[kind] ?? 0) + Number(passed)
    if (!passed && kind !== 'check') {
      score.failed.push([kind, test.id, (got[test.id] ?? ['', 'not run']).join(': ')])
    }
  }
}
console.log(JSON.stringify(score))
