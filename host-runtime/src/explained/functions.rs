//! What was really invoked: the pipeline names a function by Lambda's URL, wherever the host finds it.

use gateway_core::effect::EffectKind;
use gateway_core::transcript::{Event, Transcript, shown_url};

use crate::config::{Config, FunctionConfig};

/// The account with functions by the program or the address that answers for them here.
pub(crate) fn as_run(config: &Config, transcript: &Transcript) -> Transcript {
    let mut transcript = transcript.clone();
    for entry in &mut transcript.entries {
        if let Event::Asked { effect: EffectKind::InvokeFunction, what, .. } = &mut entry.event
            && let Some(run) = run_as(config, what)
        {
            *what = run;
        }
    }
    transcript
}

/// `products, run here: ./products-function`; `None` where it was invoked as it says.
fn run_as(config: &Config, url: &str) -> Option<String> {
    let name = name_of(url);
    let alone = name.split(':').next().unwrap_or(name);
    let function = config.functions.get(name).or_else(|| config.functions.get(alone));
    match function {
        Some(FunctionConfig::Command { command, .. }) => {
            Some(format!("{name}, run here: {}", command.join(" ")))
        }
        Some(FunctionConfig::Url(url)) => Some(format!("{name} at {}", shown_url(url))),
        None => config.endpoint("lambda").map(|url| format!("{name} at {}", shown_url(&url))),
    }
}

/// The name, with its qualifier, in the URL of an invocation.
fn name_of(url: &str) -> &str {
    let named = url.split_once(":function:").map_or(url, |(_, named)| named);
    named.split('/').next().unwrap_or(named)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn a_function_is_named_by_what_runs_it() {
        let text = "apis: [{id: a, protocol: REST, definition: d, stages: [{stageName: s}]}]\n\
                    functions:\n  f: {command: [python3, f.py]}\n  f:prod: {url: 'http://h:9001'}\n";
        let config = crate::document::read(text).unwrap();
        let config = Config::read(&config, Path::new("")).unwrap();
        let url = |named: &str| {
            format!(
                "https://lambda.eu-west-1.amazonaws.com/2015-03-31/functions/\
                 arn:aws:lambda:eu-west-1:111122223333:function:{named}/invocations"
            )
        };
        let run = |named: &str| run_as(&config, named);
        assert_eq!(run(&url("f")).unwrap(), "f, run here: python3 f.py");
        assert_eq!(run(&url("f:prod")).unwrap(), "f:prod at http://h:9001");
        assert_eq!(run("f:dev").unwrap(), "f:dev, run here: python3 f.py");
        let elsewhere = run(&url("g"));
        assert!(elsewhere.is_none() || std::env::var_os("AWS_ENDPOINT_URL").is_some());
    }
}
