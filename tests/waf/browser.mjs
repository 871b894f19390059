// What a browser does with the page of a challenge, without a browser: runs its script, keeps its cookie, loads again.
//
//   node browser.mjs URL
//
// Prints the status and the action of each answer as JSON.

import vm from "node:vm";

const [url] = process.argv.slice(2);
const answers = [];
let cookie = "";

async function load() {
  const headers = { accept: "text/html", ...(cookie && { cookie }) };
  const response = await fetch(url, { headers });
  answers.push({ status: response.status, action: response.headers.get("x-amzn-waf-action") });
  return response.text();
}

function element() {
  return {
    hidden: true,
    disabled: false,
    textContent: "",
    addEventListener(_event, act) {
      setTimeout(act, 0); // somebody clicks
    },
  };
}

function run(page) {
  const script = page.match(/<script>([^]*)<\/script>/)[1];
  return new Promise((resolve) => {
    const elements = {};
    const document = {
      getElementById: (id) => (elements[id] ??= element()),
      get cookie() {
        return cookie;
      },
      set cookie(line) {
        cookie = line.split(";")[0];
      },
    };
    const location = { protocol: new URL(url).protocol, reload: resolve };
    vm.runInNewContext(script, { document, location, setTimeout });
  });
}

await run(await load());
await load();
console.log(JSON.stringify(answers));
