//! What must be true of every exchange, whatever is asked and whatever fails.

use gateway_core::effect::{CacheUse, Effect, EffectError, Notice, Outcome, Taken};
use gateway_core::message::{Content, ContentId};

use super::api::{AUTHORIZER, HTTP_API};
use super::requests::COOKIE;
use super::{REASON, Run};

/// A key, a signature, or a memory and an authorizer; tokens, the cache, content, an endpoint, the cache
/// again: no exchange needs more.
const EFFECTS_MAX: usize = 7;

/// Holds a run against all of it.
///
/// # Errors
/// The first thing that is not true.
pub fn check(run: &Run) -> Result<(), String> {
    effects_are_bounded_and_in_order(run)?;
    the_cache_is_asked_first_and_told_last(run)?;
    one_record_and_one_log_entry(run)?;
    nothing_secret_is_told(run)?;
    the_response_can_be_sent(run)?;
    failures_are_answered(run)
}

fn effects_are_bounded_and_in_order(run: &Run) -> Result<(), String> {
    hold(run.effects.len() <= EFFECTS_MAX, || format!("{} effects", run.effects.len()))?;
    let mut refused: Option<&Effect> = None;
    let (mut looked_up, mut verified, mut sent) = (false, false, false);
    let is_guarded = run.arrival.request.target.contains("/guarded/");
    let (mut granted, mut took_tokens) = (false, false);
    for (effect, outcome) in &run.effects {
        let is_of_its_answer = match effect {
            Effect::RememberResponse(_) => true,
            // The client's content is the first that the world holds.
            Effect::ReadContent(read) => read.content != ContentId(0),
            _ => false,
        };
        hold(!sent || is_of_its_answer, || format!("{effect:?} after an endpoint was asked"))?;
        hold(refused.is_none(), || format!("{effect:?} after {refused:?} refused"))?;
        match (effect, outcome) {
            (Effect::InvokeFunction(invoke), outcome) if invoke.function.name == AUTHORIZER => {
                hold(!took_tokens, || "an authorizer was asked after tokens were taken".into())?;
                let answered = matches!(outcome, Outcome::InvokeFunction(Ok(answer))
                    if String::from_utf8_lossy(&answer.payload.0).contains("Allow"));
                granted = answered;
                refused = (!granted).then_some(effect);
            }
            (_, Outcome::RecallAuthorization(answer)) => {
                granted |= matches!(answer, Ok(Some(_)));
                refused = (*answer == Err(EffectError::Cancelled)).then_some(effect);
            }
            (Effect::SendRequest(_) | Effect::InvokeFunction(_), _) => {
                sent = true;
                hold(!is_guarded || granted, || "an endpoint was asked without a grant".into())?;
                hold(!looked_up || verified, || {
                    "an endpoint was asked for an unverified token".into()
                })?;
            }
            (_, Outcome::FindKey(answer)) => {
                looked_up = true;
                refused = (!matches!(answer, Ok(Some(_)))).then_some(effect);
            }
            (_, Outcome::VerifySignature(answer)) => {
                verified = *answer == Ok(true);
                refused = (!verified).then_some(effect);
            }
            (_, Outcome::TakeTokens(answer)) => {
                took_tokens = true;
                hold(!is_guarded || granted, || "tokens were taken without a grant".into())?;
                // A store of buckets that is away limits nobody; an empty bucket does.
                let is_refusal = matches!(
                    answer,
                    Ok(Taken::None { .. } | Taken::QuotaExceeded) | Err(EffectError::Cancelled)
                );
                refused = is_refusal.then_some(effect);
            }
            (_, Outcome::PeekContent(answer)) => refused = answer.is_err().then_some(effect),
            (_, Outcome::CountRequest(_) | Outcome::LocateAddress(_)) => {}
            (_, Outcome::ReadContent(Err(_))) => refused = Some(effect),
            _ => {}
        }
    }
    Ok(())
}

/// What is cached is still behind authorization and limits, and spares the endpoint; what was not asked
/// for is not stored, and neither is the gateway's own answer to a failure.
fn the_cache_is_asked_first_and_told_last(run: &Run) -> Result<(), String> {
    let mut asked_for = None;
    let (mut is_found, mut is_remembered, mut took_tokens) = (false, false, false);
    for (effect, outcome) in &run.effects {
        hold(!is_found, || format!("{effect:?} although the response was cached"))?;
        hold(!is_remembered, || format!("{effect:?} after the response was stored"))?;
        match (effect, outcome) {
            (Effect::RecallResponse(recall), outcome) => {
                hold(took_tokens, || "the cache was asked before the limits".into())?;
                hold(asked_for.is_none(), || "the cache was asked twice".into())?;
                asked_for = Some(&recall.key);
                is_found = matches!(outcome, Outcome::RecallResponse(Ok(Some(_))));
            }
            (Effect::RememberResponse(remember), _) => {
                let same = asked_for == Some(&remember.key);
                hold(same, || "stored by a key that was not asked for".into())?;
                hold(remember.until > run.arrival.now, || "stored for no time".into())?;
                is_remembered = true;
            }
            (Effect::TakeTokens(_), _) => took_tokens = true,
            _ => {}
        }
    }
    let told = run.notices.iter().find_map(|notice| match notice {
        Notice::RecordRequest(request) => request.cache,
        _ => None,
    });
    let cancelled = run.effects.iter().any(|(effect, outcome)| {
        matches!(effect, Effect::RecallResponse(_))
            && *outcome == Outcome::RecallResponse(Err(EffectError::Cancelled))
    });
    let expected = match (asked_for, is_found) {
        (Some(_), true) => Some(CacheUse::Hit),
        (Some(_), false) if !cancelled => Some(CacheUse::Miss),
        _ => None,
    };
    hold(told == expected, || format!("recorded {told:?}, and it was {expected:?}"))
}

fn one_record_and_one_log_entry(run: &Run) -> Result<(), String> {
    let records: Vec<_> = run
        .notices
        .iter()
        .filter_map(|notice| match notice {
            Notice::RecordRequest(request) => {
                Some((&request.stage, request.status, request.latency_ms))
            }
            _ => None,
        })
        .collect();
    let [(stage, status, latency_ms)] = records[..] else {
        return Err(format!("{} times RecordRequest", records.len()));
    };
    hold(status == run.response.status, || format!("recorded {status}"))?;
    let elapsed = run.ended.0 - run.arrival.now.0;
    hold(u64::from(latency_ms) == elapsed, || format!("recorded {latency_ms} ms of {elapsed}"))?;
    let lines: Vec<&String> = run
        .notices
        .iter()
        .filter_map(|notice| match notice {
            Notice::WriteAccessLog { line, .. } => Some(line),
            _ => None,
        })
        .collect();
    let expected = usize::from(!stage.is_empty());
    hold(lines.len() == expected, || format!("{} access log entries", lines.len()))?;
    for line in lines {
        let is_line = !line.chars().any(|c| c.is_control() || c == '\u{2028}' || c == '\u{2029}');
        hold(is_line, || format!("an entry of several lines: {line:?}"))?;
        let entry: serde_json::Value =
            serde_json::from_str(line).map_err(|error| format!("{error} in {line}"))?;
        hold(entry["status"] == *status.to_string(), || format!("logged {}", entry["status"]))?;
        hold(entry.as_object().is_some_and(|e| e.len() == 12), || format!("forged: {line}"))?;
    }
    Ok(())
}

fn nothing_secret_is_told(run: &Run) -> Result<(), String> {
    let told = format!("{:?}", run.notices);
    hold(!told.contains(COOKIE), || "a cookie in a notice".into())?;
    for token in run.arrival.request.fields.all("authorization") {
        let signature = token.rsplit('.').next().unwrap_or(token);
        let is_told = signature.len() > 8 && told.contains(signature);
        hold(!is_told, || "a token in a notice".into())?;
    }
    let body = String::from_utf8_lossy(run.body());
    let shown = format!("{body}{:?}", run.fields);
    hold(!shown.contains("10.1.2.3"), || format!("the client reads `{REASON}`"))
}

fn the_response_can_be_sent(run: &Run) -> Result<(), String> {
    let response = &run.response;
    hold((200..=999).contains(&response.status), || format!("status {}", response.status))?;
    for field in &run.fields {
        let is_token = !field.name.is_empty()
            && field
                .name
                .bytes()
                .all(|b| b.is_ascii_graphic() && !b"\"(),/:;<=>?@[\\]{}".contains(&b));
        let is_value = !field.value.bytes().any(|b| b < b' ' && b != b'\t' || b == 0x7f);
        hold(is_token && is_value, || format!("a field that is none: {field:?}"))?;
    }
    // The host frames the content: two lengths would be a request smuggler's delight.
    for name in ["transfer-encoding", "content-length", "connection", "upgrade"] {
        hold(!run.fields.contains(name), || format!("the field {name}"))?;
    }
    let is_http = run.notices.iter().any(
        |notice| matches!(notice, Notice::RecordRequest(request) if request.api_id == HTTP_API),
    );
    let id = if is_http { "Apigw-Requestid" } else { "x-amzn-RequestId" };
    let ids = run.fields.all(id).count();
    hold(ids == 1, || format!("{ids} lines of {id}"))?;
    if let Content::Held(ContentId(id)) = response.content {
        let answered = |(_, outcome): &(Effect, Outcome)| match outcome {
            Outcome::SendRequest(Ok(endpoint)) => endpoint.content == response.content,
            Outcome::RecallResponse(Ok(Some(stored))) => stored.content == response.content,
            _ => false,
        };
        hold(run.effects.iter().any(answered), || format!("content {id} is not the endpoint's"))?;
    }
    Ok(())
}

/// An effect that could not be carried out ends in a refusal, except where the pipeline decides to
/// do without.
fn failures_are_answered(run: &Run) -> Result<(), String> {
    for (effect, outcome) in &run.effects {
        let error = match outcome {
            Outcome::ReadContent(Err(error)) | Outcome::PeekContent(Err(error)) => error,
            Outcome::SendRequest(Err(error)) => error,
            Outcome::InvokeFunction(Err(error)) => error,
            Outcome::FindKey(Err(error)) => error,
            Outcome::VerifySignature(Err(error)) => error,
            Outcome::RememberResponse(Err(error)) => error,
            Outcome::RecallResponse(Err(error @ EffectError::Cancelled)) => error,
            Outcome::TakeTokens(Err(error @ EffectError::Cancelled)) => error,
            _ => continue,
        };
        let status = run.response.status;
        hold(status >= 400, || format!("{status} although {effect:?} ended in {error:?}"))?;
    }
    Ok(())
}

fn hold(claim: bool, otherwise: impl FnOnce() -> String) -> Result<(), String> {
    if claim { Ok(()) } else { Err(otherwise()) }
}
