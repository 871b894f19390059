//! What was looked at already, where a request is evaluated more than once: in each way that its path and its content may
//! be read. No text costs more than one look of a statement, however many ways there are.

use alloc::vec::Vec;
use core::cell::RefCell;

use crate::acl::{Inspected, Statement};
use crate::detect::{Look, Place};
use crate::field::Field;
use crate::request::Request;

/// The texts in which statements found nothing, of requests that have the rest in common.
#[derive(Debug, Default)]
pub struct Seen(RefCell<Vec<Key>>);

/// The statement, and the text that it looks at.
type Key = (usize, usize, bool);

impl Seen {
    /// Whether the statement finds something in the request, as `look` has it, unless it found nothing in the same text.
    pub(crate) fn look(
        &self,
        statement: &Statement,
        request: &Request<'_>,
        look: impl FnOnce() -> bool,
    ) -> bool {
        let Some((text, is_cut)) = text(statement, request) else { return look() };
        let key = (core::ptr::from_ref(statement).addr(), text, is_cut);
        if self.0.borrow().contains(&key) {
            return false;
        }
        let is_match = look();
        if !is_match {
            self.0.borrow_mut().push(key);
        }
        is_match
    }

    /// How many looks found nothing.
    #[cfg(test)]
    fn looks(&self) -> usize {
        self.0.borrow().len()
    }
}

/// Where the text is that a statement looks at; `None` of statements that look at none or at others' results.
fn text(statement: &Statement, request: &Request<'_>) -> Option<(usize, bool)> {
    let (is_path, is_body) = match statement {
        Statement::Bytes { inspected, .. }
        | Statement::Regex { inspected, .. }
        | Statement::Size { inspected, .. }
        | Statement::Sqli { inspected, .. }
        | Statement::Xss(inspected) => {
            let Inspected { field, .. } = inspected;
            let is_body = matches!(field, Field::Body(_) | Field::JsonBody { .. });
            (matches!(field, Field::UriPath), is_body)
        }
        Statement::Detects(detector) => {
            let is_path =
                detector.place == Place::Path || matches!(detector.look, Look::PathHas(..));
            (is_path, detector.reads_body())
        }
        _ => return None,
    };
    Some(match (is_path, is_body) {
        (true, _) => (request.path.as_ptr().addr(), false),
        (_, true) => (request.body.as_ptr().addr(), request.body_is_cut),
        _ => (0, false),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Decision, Step, Tokens, WebAcl};

    #[test]
    fn each_text_is_looked_at_once_in_however_many_ways_a_request_is_read() {
        let rules = ["Common", "SQLi", "KnownBadInputs"].map(|name| {
            let name = alloc::format!("AWSManagedRules{name}RuleSet");
            serde_json::json!({"Name": name, "Priority": name.len(), "OverrideAction": {"None": {}},
                "Statement": {"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": name}}})
        });
        let acl = serde_json::json!({"Name": "a", "DefaultAction": {"Allow": {}}, "Rules": rules});
        let (acl, _) = WebAcl::read(&acl, &[]).expect("a web ACL");
        let headers = [("user-agent", "Mozilla/5.0 a")].to_vec();
        let bodies = [&b"a = 1"[..], b"b = 2", b"<script>alert(1)</script>"];
        let request =
            |path, body| Request { path, body, headers: headers.clone(), ..Request::default() };
        let paths = (0..40).map(|n| alloc::format!("/{n}")).collect::<Vec<_>>();
        let seen = Seen::default();
        let is_let_through = |path, body| {
            let request = request(path, body);
            let step = acl.evaluate_beside(&request, Tokens::default(), Some(&seen)).advance();
            let alone = acl.evaluate(&request, Tokens::default()).advance();
            let (Step::Decided(decided), Step::Decided(alone)) = (step, alone) else {
                panic!("no rule asks")
            };
            assert_eq!(alloc::format!("{decided:?}"), alloc::format!("{alone:?}"));
            decided.decision == Decision::Allow
        };
        assert!(is_let_through(&paths[0], bodies[0]));
        let of_one = seen.looks();
        assert!(is_let_through(&paths[1], bodies[0]));
        let of_path = seen.looks() - of_one;
        assert!(is_let_through(&paths[0], bodies[1]));
        let of_body = seen.looks() - of_one - of_path;
        assert!(of_path > 2 && of_body > 10 && of_path + of_body < of_one);
        for path in &paths {
            assert!(bodies[..2].iter().all(|body| is_let_through(path, body)));
        }
        assert_eq!(seen.looks(), of_one + of_body + of_path * (paths.len() - 1));
        assert!(!is_let_through(&paths[0], bodies[2]));
        assert!(!is_let_through(&paths[1], bodies[2]));
    }
}
