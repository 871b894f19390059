//! `waf-suite [--engine component] [--benign FOLDER]… [--attacks FOLDER]… [CORERULESET]`: what
//! `cargo xtask waf-suite` runs.

use std::path::PathBuf;
use std::process::ExitCode;

use tests::target::Engine;
use tests::waf::{Case, crs, judge, lines, report};

/// At least so many attacks in a hundred are stopped, at most so many benign requests.
const DETECTION_PERCENT_MIN: f64 = 99.0;
const FALSE_POSITIVES_PERCENT_MAX: f64 = 1.0;

#[tokio::main]
async fn main() -> ExitCode {
    match run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("waf-suite: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run() -> Result<bool, String> {
    let (mut engine, mut attacks, mut benign) = (Engine::Native, Vec::<Case>::new(), Vec::new());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        let mut folder = || arguments.next().map(PathBuf::from).ok_or("a folder is missing");
        match argument.as_str() {
            "--engine" => match arguments.next().as_deref() {
                Some("native") => engine = Engine::Native,
                Some("component") => engine = Engine::Component,
                _ => return Err("--engine is `native` or `component`".into()),
            },
            "--benign" => benign.extend(lines::benign(&folder()?)?),
            "--attacks" => attacks.extend(lines::attacks(&folder()?)?),
            checkout => attacks.extend(crs::attacks(checkout.as_ref())?),
        }
    }
    let mut is_good = true;
    if !attacks.is_empty() {
        let (count, text) = report::attacks(&attacks, &judge(engine, &attacks).await?);
        println!("{text}");
        is_good &= count.percent() >= DETECTION_PERCENT_MIN;
    }
    if !benign.is_empty() {
        let (count, text) = report::benign(&benign, &judge(engine, &benign).await?);
        println!("{text}");
        is_good &= count.percent() <= FALSE_POSITIVES_PERCENT_MAX;
    }
    Ok(is_good)
}
