//! Random requests, random faults, a clock that jumps: what must be true of every exchange is.
//!
//! `SEED=7 cargo test -p tests --test simulation` runs one seed again, `SEEDS=100000` runs more.

use gateway_core::effect::Outcome;
use gateway_core::message::{Content, ContentId, Field, FieldLine, Scheme, Version};
use tests::world::{
    Faults, LIMITED_BURST, LIMITED_RATE, Random, Run, Sample, World, check, samples,
};

const SEEDS_DEFAULT: u64 = 1_500;
const EXCHANGES: usize = 12;

#[test]
fn whatever_is_asked_and_whatever_fails() {
    let number = |name: &str| std::env::var(name).ok().map(|v| v.parse().expect("a number"));
    let seeds = match number("SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SEEDS").unwrap_or(SEEDS_DEFAULT),
    };
    for seed in seeds {
        simulate(seed);
    }
}

fn simulate(seed: u64) {
    let mut random = Random::new(seed);
    let mut world = World::new();
    let known = samples();
    let faults_per_mille = random.pick(&[0, 20, 200, 600]);
    let mut now = known[0].arrival.now;
    let begun = now;
    let mut limited: Vec<Run> = Vec::new();
    for number in 0..EXCHANGES {
        let mut sample = random.pick(&known);
        if random.per_mille(500) {
            disturb(&mut sample, &mut random);
        }
        // Mostly forwards; a host's clock may be set back.
        now.0 += random.below(400) as u64;
        sample.arrival.now.0 =
            if random.per_mille(50) { now.0 - random.below(5_000) as u64 } else { now.0 };
        for byte in &mut sample.arrival.seed.0 {
            *byte = random.draw() as u8;
        }
        world.effect_ms = random.below(40) as u64;
        let faults = Faults::Random(Random::new(random.draw()), faults_per_mille);
        let run = world.exchange(&sample, faults);
        let place = || format!("SEED={seed}, exchange {number} ({})", sample.name);
        check(&run).unwrap_or_else(|wrong| panic!("{}: {wrong}\n{run:#?}", place()));
        let replayed = run.transcript.replay(world.gateway(), &run.arrival);
        replayed.unwrap_or_else(|different| panic!("{}: {different}", place()));
        now = now.max(run.ended);
        if sample.arrival.request.target.contains("limited") {
            limited.push(run);
        }
    }
    let elapsed_s = (now.0 - begun.0) as f64 / 1_000.0;
    let allowed = 2.0 * (f64::from(LIMITED_BURST) + elapsed_s * LIMITED_RATE + 1.0);
    let granted = limited.iter().filter(|run| was_granted(run)).count();
    assert!(granted as f64 <= allowed, "SEED={seed}: {granted} of {allowed} on two limited routes");
}

/// Whether all buckets gave a token; a store that is away gives none and refuses nobody.
fn was_granted(run: &Run) -> bool {
    run.effects.iter().any(|(_, outcome)| {
        matches!(outcome, Outcome::TakeTokens(Ok(gateway_core::effect::Taken::All)))
    })
}

/// Makes a request worse.
fn disturb(sample: &mut Sample, random: &mut Random) {
    const ODD: [&str; 18] = [
        "",
        "/",
        "//",
        "%",
        "%zz",
        "%2F",
        "%00",
        "..",
        "?",
        "&&",
        "=",
        "\u{e9}",
        "{id}",
        "$default",
        "/_aws/execute-api/rest000001/prod/mock",
        "a b",
        "\"",
        "*",
    ];
    let request = &mut sample.arrival.request;
    for _ in 0..=random.below(3) {
        match random.below(10) {
            0 => request.target.push_str(random.pick(&ODD)),
            1 => request.target.insert_str(0, random.pick(&ODD)),
            2 => request.target = random.pick(&ODD).into(),
            3 => {
                let methods = ["GET", "HEAD", "OPTIONS", "get", "", "PROPFIND", "ANY"];
                request.method = random.pick(&methods).into();
            }
            4 => {
                let text =
                    String::from_utf8_lossy(&random.bytes(20)).replace(['\r', '\n', '\0'], "");
                let names = [
                    "Authorization",
                    "authorization",
                    "Host",
                    "Origin",
                    "Content-Type",
                    "Accept",
                    "Content-Length",
                    "X-Amzn-Trace-Id",
                    "X-Forwarded-For",
                    "User-Agent",
                    "Expect",
                    "Access-Control-Request-Method",
                    "Connection",
                    "x",
                ];
                request.fields.push(random.pick(&names), text);
            }
            5 => {
                let dropped = random.below(request.fields.len().max(1));
                let mut lines = 0..;
                request.fields.retain(|_| lines.next() != Some(dropped));
            }
            6 => {
                // A token with one character changed.
                let changed = |line: FieldLine<'_>| {
                    let mut field = Field::new(line.name, line.value);
                    if field.name == "Authorization" && field.value.is_ascii() {
                        let at = random.below(field.value.len().max(1));
                        field.value.replace_range(at..(at + 1).min(field.value.len()), "A");
                    }
                    field
                };
                request.fields = request.fields.iter().map(changed).collect();
            }
            7 => {
                sample.content = random.bytes(64);
                request.content = Content::Held(ContentId(0));
            }
            8 => request.version = random.pick(&[Version::Http10, Version::Http2]),
            _ => sample.arrival.scheme = Scheme::Http,
        }
    }
}
