//! What an isolate has counted for rate-based rules, and what objects are told of it.
//!
//! An isolate counts by itself, and lets a rule decide by that at once. At most ten times a second it tells an object of the
//! rule's what it has counted since, and takes over what all isolates have counted together: AWS calls its own counts
//! estimates that lag behind, too.

use gateway_core::counted::{CountedRequests, Window};
use gateway_core::effect::CountRequest;
use gateway_core::message::Timestamp;

use crate::objects::{digest, hex};

/// More keys than this between two messages are counted here alone.
const UNTOLD_MAX: usize = 2_000;
/// Who began to tell so long ago is gone: requests that are broken off take what they were doing with them.
const TELLS_MS_MAX: u64 = 5_000;
/// What an object is told of a key: its digest, the window's length, and how many there were.
const TOLD_BYTES: usize = 16 + 4 + 4;
/// What it answers: the window's beginning, and its two counts.
const TOTAL_BYTES: usize = 8 + 4 + 4;

/// What an isolate has counted.
#[derive(Debug)]
pub(crate) struct Counts {
    counted: CountedRequests,
    /// What no object has been told yet.
    untold: CountedRequests,
    telling_since: Option<Timestamp>,
}

impl Default for Counts {
    fn default() -> Self {
        let untold = CountedRequests::bounded(UNTOLD_MAX);
        Self { counted: CountedRequests::default(), untold, telling_since: None }
    }
}

/// What one object is told.
#[derive(Debug, Default)]
pub(crate) struct Message {
    pub(crate) object: String,
    /// What it says. Keys are digests: what requests are counted by may be a secret of theirs.
    pub(crate) bytes: Vec<u8>,
    /// The same by the keys that they are counted under here: key, window, and requests.
    counted: Vec<(String, u32, u32)>,
}

impl Counts {
    /// Counts a request, and tells how many there were in its window.
    pub(crate) fn count(&mut self, effect: &CountRequest, now: Timestamp) -> u32 {
        self.counted.count(effect, now)
    }

    /// Notes that it was counted, for the objects. Whether nobody tells them yet, so that who asks is to.
    pub(crate) fn is_to_tell(&mut self, effect: &CountRequest, now: Timestamp) -> bool {
        self.untold.count(effect, now);
        let is_told =
            self.telling_since.is_some_and(|since| now.0.abs_diff(since.0) < TELLS_MS_MAX);
        if !is_told {
            self.telling_since = Some(now);
        }
        !is_told
    }

    /// What is to be told.
    pub(crate) fn tell(&mut self, shards: u32) -> Vec<Message> {
        let mut messages: Vec<Message> = Vec::new();
        for (key, window_ms, requests) in self.untold.take() {
            // A rule whose window is changed begins anew.
            let told = digest(format!("{window_ms}\n{key}").as_bytes());
            let object = object(&key, told[0], shards);
            let at = messages.iter().position(|message| message.object == object);
            let at = at.unwrap_or_else(|| {
                messages.push(Message { object, ..Message::default() });
                messages.len() - 1
            });
            let message = &mut messages[at];
            message.bytes.extend_from_slice(&told);
            message.bytes.extend_from_slice(&window_ms.to_le_bytes());
            message.bytes.extend_from_slice(&requests.to_le_bytes());
            message.counted.push((key, window_ms, requests));
        }
        messages
    }

    /// Takes over what an object has answered; without an answer it is told again.
    pub(crate) fn told(&mut self, message: Message, answer: Option<Vec<u8>>, now: Timestamp) {
        let answer = answer.unwrap_or_default();
        let mut totals = answer.chunks_exact(TOTAL_BYTES);
        for (key, window_ms, requests) in message.counted {
            match totals.next() {
                None => drop(self.untold.add(&key, window_ms, requests, now)),
                Some(total) => {
                    let meanwhile = self.untold.counted(&key);
                    let (window, _) = window(total).add(meanwhile, now.0, window_ms.into());
                    self.counted.take_over(&key, window, now);
                }
            }
        }
    }

    /// The message after this one may begin.
    pub(crate) fn has_told(&mut self) {
        self.telling_since = None;
    }
}

/// What an object knows with what it is told.
pub(crate) fn add(all: &mut CountedRequests, told: &[u8], now: Timestamp) -> Vec<u8> {
    let mut answer = Vec::new();
    for told in told.chunks_exact(TOLD_BYTES) {
        let (key, numbers) = told.split_at(16);
        let (window, _) = all.add(&hex(key), number(numbers), number(&numbers[4..]), now);
        answer.extend_from_slice(&window.began_ms.to_le_bytes());
        answer.extend_from_slice(&window.before.to_le_bytes());
        answer.extend_from_slice(&window.current.to_le_bytes());
    }
    answer
}

fn window(total: &[u8]) -> Window {
    let (low, high) = (number(total), number(&total[4..]));
    Window {
        began_ms: u64::from(high) << 32 | u64::from(low),
        before: number(&total[8..]),
        current: number(&total[12..]),
    }
}

fn number(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// The object that counts what is counted under a key: its rule's, or one of the many in its place. A key is of three
/// lines, `waf`, the web ACL and the rule, and what the rule counts by.
fn object(key: &str, choice: u8, shards: u32) -> String {
    let rule = key.match_indices('\n').nth(2).map_or(key, |(end, _)| &key[..end]);
    let rule = hex(&digest(rule.as_bytes()));
    match shards {
        0 | 1 => ["rate/", &rule].concat(),
        _ => format!("rate/{rule}#{}", u32::from(choice) % shards),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn effect(rule: &str, address: &str) -> CountRequest {
        CountRequest { key: format!("waf\nacl\n{rule}\n3:{address}"), window_ms: 60_000 }
    }
    fn count(counts: &mut Counts, effect: &CountRequest, ms: u64) -> u32 {
        let total = counts.count(effect, Timestamp(ms));
        counts.is_to_tell(effect, Timestamp(ms));
        total
    }
    /// Tells a rule's object.
    fn settle(counts: &mut Counts, all: &mut CountedRequests, ms: u64) {
        for message in counts.tell(1) {
            let answer = add(all, &message.bytes, Timestamp(ms));
            counts.told(message, Some(answer), Timestamp(ms));
        }
    }

    #[test]
    fn isolates_count_together_what_they_have_told() {
        let a = effect("r", "1.1");
        let (mut one, mut other) = (Counts::default(), Counts::default());
        let mut all = CountedRequests::default();
        (1..=5).for_each(|ms| assert_eq!(u64::from(count(&mut one, &a, ms)), ms));
        settle(&mut one, &mut all, 5);
        assert_eq!(count(&mut other, &a, 6), 1, "it has not heard");
        settle(&mut other, &mut all, 7);
        assert_eq!(count(&mut other, &a, 8), 7);
        assert_eq!(count(&mut one, &a, 9), 6, "it has not heard either");
        settle(&mut one, &mut all, 10);
        assert_eq!(count(&mut one, &a, 11), 8);
    }

    #[test]
    fn a_total_is_what_the_object_has_in_its_window() {
        let (mut all, late) = (CountedRequests::default(), Timestamp(0x0123_4567_89ab_cdef));
        let mut one = Counts::default();
        one.is_to_tell(&effect("r", "1.1"), late);
        let answer = add(&mut all, &one.tell(1)[0].bytes, late);
        assert_eq!(window(&answer), Window { began_ms: late.0, before: 0, current: 1 });
    }

    #[test]
    fn what_is_counted_while_an_object_answers_is_not_forgotten() {
        let a = effect("r", "1.1");
        let (mut one, mut other) = (Counts::default(), Counts::default());
        let mut all = CountedRequests::default();
        count(&mut one, &a, 0);
        let message = one.tell(1).pop().unwrap();
        count(&mut one, &a, 1);
        (0..9).for_each(|_| assert!(count(&mut other, &a, 1) > 0));
        settle(&mut other, &mut all, 2);
        let answer = add(&mut all, &message.bytes, Timestamp(2));
        one.told(message, Some(answer), Timestamp(3));
        assert_eq!(count(&mut one, &a, 4), 12);
    }

    #[test]
    fn what_an_object_did_not_hear_is_told_again_with_what_came_since() {
        let a = effect("r", "1.1");
        let mut one = Counts::default();
        count(&mut one, &a, 0);
        let message = one.tell(1).pop().unwrap();
        count(&mut one, &a, 1);
        one.told(message, None, Timestamp(2));
        assert_eq!(one.tell(1).pop().unwrap().counted, [(a.key, 60_000, 2)]);
    }

    #[test]
    fn one_tells_for_all_until_it_has_or_is_gone() {
        let a = effect("r", "1.1");
        let mut one = Counts::default();
        let is_to_tell = [0, 1, 4_999, 5_000, 5_001].map(|ms| one.is_to_tell(&a, Timestamp(ms)));
        assert_eq!(is_to_tell, [true, false, false, true, false]);
        one.has_told();
        assert!(one.is_to_tell(&a, Timestamp(5_002)));
    }

    #[test]
    fn each_rule_has_an_object_or_as_many_as_were_asked_for_and_none_is_told_what_it_counts_by() {
        let mut counts = Counts::default();
        for (rule, address) in [("r", "1.1"), ("r", "2.2"), ("s", "1.1")] {
            count(&mut counts, &effect(rule, address), 0);
        }
        let told = counts.tell(1);
        let of_each: Vec<usize> = told.iter().map(|message| message.counted.len()).collect();
        assert_eq!(of_each, [2, 1]);
        for Message { object, bytes, .. } in &told {
            let tells = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
            assert!(!tells("1.1") && !tells("acl") && !object.contains("acl"), "{object}");
        }
        for address in 0..100 {
            count(&mut counts, &effect("r", &format!("{address}")), 0);
        }
        let many = counts.tell(4);
        assert_eq!(many.len(), 4);
        assert!(many.iter().all(|message| message.object.contains('#')), "{many:?}");
    }

    #[test]
    fn keys_without_end_are_no_message_without_end() {
        let mut counts = Counts::default();
        for address in 0..10_000 {
            count(&mut counts, &effect("r", &format!("{address}")), 0);
        }
        let told: usize = counts.tell(1).iter().map(|message| message.counted.len()).sum();
        assert!((1..=UNTOLD_MAX).contains(&told), "{told}");
    }
}
