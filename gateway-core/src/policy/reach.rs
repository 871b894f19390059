//! What a policy may reach at all: which of its elements speak of no request there can be.
//!
//! For tools that tell of mistakes. It is asked by the matcher that decides requests, with all values at once where a
//! request has one: what is said to match nothing matches nothing, and what nobody can know may match.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::overlap::{MANY_TEXT, SEGMENT_TEXT};
use super::pattern::Pattern;
use super::{Effect, Matching, Policy};

/// One text of an element of a statement.
#[derive(Debug, Clone, Copy)]
pub struct Element<'p> {
    /// The number of its statement, from 0.
    pub statement: usize,
    /// `Action`, `NotAction`, `Resource` or `NotResource`.
    pub name: &'static str,
    /// Its number in a list, from 0.
    pub number: usize,
    /// Whether the statement is a `Deny`.
    pub denies: bool,
    pattern: &'p Pattern,
}

/// The ARNs that requests for some methods can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MethodArns(String);

impl Policy {
    /// The texts of `Action`, `NotAction`, `Resource` and `NotResource`, statement by statement.
    pub fn elements(&self) -> impl Iterator<Item = Element<'_>> {
        self.statements.iter().enumerate().flat_map(|(number, statement)| {
            let of = move |matching, names| of_matching(matching, names, number, statement.effect);
            let actions = of(&statement.actions, ["Action", "NotAction"]);
            actions.chain(of(&statement.resources, ["Resource", "NotResource"]))
        })
    }
}

fn of_matching<'p>(
    matching: &'p Matching,
    [is, is_not]: [&'static str; 2],
    statement: usize,
    effect: Effect,
) -> impl Iterator<Item = Element<'p>> {
    let (name, patterns) = match matching {
        Matching::AnyOf(patterns) => (is, patterns),
        Matching::NoneOf(patterns) => (is_not, patterns),
    };
    let denies = effect == Effect::Deny;
    let patterns = patterns.iter().enumerate();
    patterns.map(move |(number, pattern)| Element { statement, name, number, denies, pattern })
}

impl Element<'_> {
    /// Whether it speaks of an action.
    pub fn is_of_action(&self, action: &str) -> bool {
        self.pattern.may_match_action(action)
    }

    /// Whether it may speak of one of these ARNs.
    pub fn may_be_of(&self, arns: &MethodArns) -> bool {
        self.pattern.may_match_arns(&arns.0)
    }
}

impl MethodArns {
    /// Of an API whose ARN ends in `/`; `None` stands for any stage, any method, any resource.
    ///
    /// A variable of the path is any segment. (Decoded it may have slashes, which is no way to write a policy.)
    pub fn new(
        api_arn: &str,
        stage_name: Option<&str>,
        http_method: Option<&str>,
        resource_path: Option<&str>,
    ) -> Self {
        let any = |text: Option<&str>| String::from(text.unwrap_or(SEGMENT_TEXT));
        let (stage_name, http_method) = (any(stage_name), any(http_method));
        let path = resource_path.map_or_else(|| MANY_TEXT.into(), all_paths);
        Self(format!("{api_arn}{stage_name}/{http_method}/{path}"))
    }
}

/// What follows the verb and its slash for any request to a resource.
fn all_paths(resource_path: &str) -> String {
    let segments = resource_path.strip_prefix('/').unwrap_or(resource_path).split('/');
    let all = segments.map(|segment| match segment {
        "$default" => MANY_TEXT,
        greedy if greedy.starts_with('{') && greedy.ends_with("+}") => MANY_TEXT,
        variable if variable.starts_with('{') => SEGMENT_TEXT,
        literal => literal,
    });
    all.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    const API: &str = "arn:aws:execute-api:us-east-1:123456789012:abc123/";

    fn may_be_of(resource: &str, http_method: &str, path: &str) -> bool {
        let text = format!(
            r#"{{"Version": "2012-10-17", "Statement": {{"Effect": "Deny", "Principal": "*",
                "Action": "execute-api:Invoke", "Resource": "{resource}"}}}}"#
        );
        let policy = Policy::parse(text.as_bytes()).unwrap().for_api(API);
        let arns = MethodArns::new(API, Some("prod"), Some(http_method), Some(path));
        policy.elements().filter(|e| e.name == "Resource").any(|e| e.may_be_of(&arns))
    }

    #[test]
    fn a_resource_that_some_request_has_may_match() {
        for resource in [
            "*",
            "execute-api:/*",
            "execute-api:/prod/GET/pets/*",
            "execute-api:/prod/*/pets/7",
            "execute-api:/p?od/GET/*/7/*s",
            "arn:aws:execute-api:*:*:*/prod/*",
            "execute-api:/*/*/p*/??/t*",
            "arn:aws:execute-api:*:*:*/prod/GET/pets/7/toys",
            "arn:aws:execute-api:us-*:abc123/prod/GET/*",
            "execute-api:/prod/GET/pets/${aws:username}/toys",
            "${aws:userid}",
            "execute-api:/prod/GET/%70ets/7/toys",
        ] {
            let paths = ["/pets/{id}/toys", "/pets/{id+}", "/{proxy+}"];
            assert!(paths.iter().any(|path| may_be_of(resource, "GET", path)), "{resource}");
        }
        assert!(may_be_of("execute-api:/prod/GET/", "GET", "/"));
        assert!(may_be_of("execute-api:/prod/GET/anything", "GET", "$default"));
    }

    #[test]
    fn a_resource_that_no_request_has_does_not() {
        for resource in [
            "execute-api:/prd/GET/pets/7/toys",
            "execute-api:/prod/get/pets/7/toys",
            "execute-api:/prod/GET/pet/7/toys",
            "execute-api:/prod/GET/pets/7/toys/",
            "execute-api:/prod/pets/7/toys",
            "execute-api:prod/GET/*",
            "arn:aws:execute-api:us-east-1:123456789012/abc123/prod/GET/*",
            "arn:aws:execute-api:us-east-1:123456789012:abc124/*",
            "arn:aws:execute-api:us-east-1::abc123/*",
            "arn:aws:s3:::abc123/*",
            "execute-api:/prod/GET/p?ts/%37/t",
            "execute-api:/prod/GET/pets/*/toys/*",
            "execute-api:/prod/GET/pets//toys",
            "arn:aws:execute-api:*:*:*/prd/GET/*",
        ] {
            assert!(!may_be_of(resource, "GET", "/pets/{id}/toys"), "{resource}");
        }
    }

    #[test]
    fn an_action_is_matched_as_requests_match_it() {
        let is_invoke = |action: &str| {
            let text = format!(
                r#"{{"Statement": {{"Effect": "Deny", "Action": "{action}", "NotResource": "*"}}}}"#
            );
            let policy = Policy::parse(text.as_bytes()).unwrap();
            let elements: Vec<_> = policy.elements().map(|e| (e.name, e.denies)).collect();
            assert_eq!(elements, [("Action", true), ("NotResource", true)]);
            policy.elements().next().unwrap().is_of_action("execute-api:Invoke")
        };
        assert!(["*", "EXECUTE-API:invoke", "execute-api:In*", "e*"].into_iter().all(is_invoke));
        assert!(!["execute-api:Invok", "execute:Invoke", "s3:*"].into_iter().any(is_invoke));
    }
}
