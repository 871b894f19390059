//! What is to be said of a request that was made up, so that nobody takes its answer for that of a client's.

use gateway_core::transcript::Event;

use super::AGENT;
use crate::explained::Explained;

/// The rule of AWSManagedRulesKnownBadInputsRuleSet that trials on one's own machine meet.
const LOCAL_HOST_RULE: &str = "`Host_localhost_HEADER`";

pub(super) fn of(explained: &Explained, has_default_agent: bool) -> Vec<String> {
    let mut notes = Vec::new();
    if has_default_agent {
        notes.push(format!(
            "asked with `User-Agent: {AGENT}`; -A NAME says another one, -A '' that there is none"
        ));
    }
    let decides = |event: &Event| match event {
        Event::Decided { rule } => rule.contains(LOCAL_HOST_RULE) && rule.contains(" decides"),
        _ => false,
    };
    let refused = explained.transcript.entries.iter().find_map(|entry| match &entry.event {
        Event::Failed { reason, .. } => Some(reason.as_str()),
        _ => None,
    });
    match refused.unwrap_or_default() {
        reason if reason.contains("has shown no certificate") => notes.push(
            "asked without a client's certificate, which a listener refuses at the handshake already; --cert FILE \
             shows one"
                .into(),
        ),
        reason if reason.contains("the connection was ") => notes.push(
            "the URL says by which connection it is asked: https://NAME/… is one for NAME, over TLS".into(),
        ),
        _ => {}
    }
    if explained.transcript.entries.iter().any(|entry| decides(&entry.event)) {
        notes.push(format!(
            "{LOCAL_HOST_RULE} finds requests for `localhost`, `127.0.0.1` and `[::1]`, which trials on this machine \
             are; ask for the host that clients know: -H 'Host: shop.example'"
        ));
    }
    notes
}
