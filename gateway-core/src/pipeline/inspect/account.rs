//! What a web ACL writes down of itself, if somebody asked: which rules matched, which of them decided, and what
//! that does to the request.

use alloc::{format, string::String};

use waf::{Decision, Found, Match, Verdict};

use super::{Answer, Concluded, Guarded};
use crate::definition::Source;
use crate::exchange::Io;
use crate::gateway::WebAclPlan;
use crate::pipeline::trace;
use crate::transcript::{Event, is_secret};

/// Which web ACL decides. Where it stands is its own document, not the API's.
pub(super) fn asked(plan: &WebAclPlan, io: &Io) {
    let source = Source { pointer: plan.acl.pointer_of("Name"), line: 0 };
    io.trace_rule(&source, || Event::WebAclAsked {
        name: plan.name.clone(),
        arn: plan.acl.arn().into(),
    });
}

/// What it came to.
pub(super) fn tell(concluded: Concluded<'_>, io: &Io) {
    let Concluded { at, plan, inspected, verdict, answer } = concluded;
    if !io.is_explaining() {
        return;
    }
    let say = |pointer: &str, text: String| {
        trace::rule(&Source { pointer: pointer.into(), line: 0 }, io, || text);
    };
    say("", format!("the rules speak of {} {}", inspected.method, inspected.path));
    if inspected.body_is_cut {
        say("", format!("of the body its first {} bytes are inspected", inspected.body.len()));
    }
    let matches = verdict.matches(&plan.acl);
    for one in &matches {
        say(one.pointer, told(one));
    }
    if !matches.iter().any(|one| one.is_terminating) {
        let action = verdict.action();
        let text = format!("no rule decides: the default action is {action}");
        say(&plan.acl.pointer_of("DefaultAction"), text);
    }
    if !verdict.labels.is_empty() {
        say("", format!("the request has the labels {}", verdict.labels.join(", ")));
    }
    for (name, value) in &verdict.inserted {
        let value = if is_secret(name) { "(hidden)" } else { value };
        say("", format!("the header `{name}: {value}` is inserted"));
    }
    say("", outcome(at, verdict, answer));
}

fn told(one: &Match<'_>) -> String {
    let Match { rule, within, action, found, rate, is_terminating, .. } = one;
    let mut text = format!("rule `{rule}`");
    if let Some((group, inner)) = within {
        text += &format!(", `{inner}` of {group},");
    }
    text += match is_terminating {
        true => " decides",
        false => " matches and goes on",
    };
    if let Some(found) = found {
        text += &format!(" ({})", seen(found));
    }
    if let Some((limit, window_s)) = rate {
        text += &format!(" (more than {limit} requests in {window_s} s)");
    }
    text + &format!(": {action}")
}

/// `XSS in ALL_QUERY_ARGS, in \`q\`: \`< script\``
fn seen(found: &Found) -> String {
    let Found { condition, location, name, data, .. } = found;
    let of = if condition.is_empty() { String::new() } else { format!("{condition} ") };
    let mut text = format!("{of}in {location}");
    if let Some(name) = name {
        text += &format!(", in `{name}`");
    }
    match name.as_deref().is_some_and(is_secret) {
        true => text + ": (hidden)",
        false if data.is_empty() => text,
        false => text + &format!(": `{}`", data.join(" ")),
    }
}

fn outcome(at: Guarded<'_>, verdict: &Verdict<'_>, answer: &Answer) -> String {
    match (answer, at, &verdict.decision) {
        (Answer::GoOn, ..) => "the request goes on".into(),
        (Answer::Refuse, Guarded::Stage(_), _) => {
            "the request is refused, in the words of the API's gateway responses".into()
        }
        (Answer::Refuse, Guarded::Distribution(_), _) => {
            "the request is refused, in the distribution's words".into()
        }
        (Answer::Respond(response), _, Decision::Captcha | Decision::Challenge) => {
            format!("the client is asked to solve something, with status {}", response.status)
        }
        (Answer::Respond(response), ..) => {
            format!("the web ACL answers by itself, with status {}", response.status)
        }
    }
}
