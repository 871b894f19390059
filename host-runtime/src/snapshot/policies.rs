//! Warnings about elements of policies that speak of nothing: what they were to deny is let through.
//!
//! Asked by the matcher that decides requests; nothing is said where somebody may ask what the element speaks of.

use std::cell::Cell;

use gateway_core::definition::document::{At, Node};
use gateway_core::definition::openapi::{Imported, did_you_mean};
use gateway_core::definition::{DefinitionError, Method, Snapshot, Stage};
use gateway_core::gateway::api_arn;
use gateway_core::policy::{Element, MethodArns, Policy};

use crate::config::{ApiConfig, Config};

/// "Actions, resources, and condition keys for Amazon API Gateway": all of `execute-api`.
const ACTIONS: [&str; 3] =
    ["execute-api:Invoke", "execute-api:InvalidateCache", "execute-api:ManageConnections"];

/// Comparisons of elements with methods: some tenths of a second. A definition may have ten thousands of methods and a policy a
/// thousand elements: of what comes after that nothing is said.
const COMPARISONS_MAX: usize = 500_000;

/// Whom a policy belongs to.
#[derive(Clone, Copy, PartialEq)]
enum Owner {
    Api,
    Endpoint,
    /// Whose policies speak of all of AWS.
    Principal,
}

/// A method at a stage, as policies name it.
struct Served<'s> {
    api_arn: String,
    stage_name: &'s str,
    http_method: &'s str,
    resource_path: &'s str,
}

/// What of an ARN is that of no method, where all the rest of it is.
enum Wrong {
    Stage,
    Method,
    Path,
    Arn,
}

/// Of an API's resource policy.
pub(super) fn of_api(
    document: &Node,
    imported: &Imported,
    api: &ApiConfig,
    config: &Config,
) -> Vec<DefinitionError> {
    let at = At::root(document).get("x-amazon-apigateway-policy");
    let (Some(at), Some(policy)) = (at, &imported.deployment.policy) else { return Vec::new() };
    let arn = api_arn(&config.region, &config.account_id, &api.id);
    let policy = policy.clone().for_api(&arn);
    let mut served = Vec::new();
    served_by(&arn, &api.stages, &imported.deployment.methods, &mut served);
    Check::new(Owner::Api, served).of(&policy, &at)
}

/// Of the policies of principals and of private endpoints.
pub(super) fn of_others(snapshot: &Snapshot, document: &Node) -> Vec<DefinitionError> {
    let served = || {
        let mut served = Vec::new();
        for api in &snapshot.apis {
            let arn = api_arn(&snapshot.region, &snapshot.account_id, &api.id);
            for deployment in &api.deployments {
                served_by(&arn, &api.stages, &deployment.methods, &mut served);
            }
        }
        served
    };
    let root = At::root(document);
    let principals = items(root.get("iam").and_then(|at| at.get("principals")));
    let own = principals.iter().flat_map(|at| items(at.get("policies"))).collect();
    let endpoints = items(root.get("privateEndpoints"));
    let of_endpoints = endpoints.iter().filter_map(|at| at.get("policy")).collect();
    let mut warnings = Vec::new();
    let policies: [(Owner, Vec<At<'_>>); 2] =
        [(Owner::Principal, own), (Owner::Endpoint, of_endpoints)];
    for (owner, policies) in policies {
        if policies.is_empty() {
            continue;
        }
        let check = Check::new(owner, served());
        for at in policies {
            let policy = Policy::from_document(at.node);
            warnings.extend(policy.iter().flat_map(|policy| check.of(policy, &at)));
        }
    }
    warnings
}

fn served_by<'s>(
    api_arn: &str,
    stages: &'s [Stage],
    methods: &'s [Method],
    served: &mut Vec<Served<'s>>,
) {
    for stage in stages {
        for method in methods {
            let verbs = match method.verbs() {
                [] => {
                    std::slice::from_ref(&method.http_method).iter().map(String::as_str).collect()
                }
                verbs => verbs.to_vec(),
            };
            served.extend(verbs.into_iter().map(|http_method| Served {
                api_arn: api_arn.to_owned(),
                stage_name: &stage.stage_name,
                http_method,
                resource_path: &method.resource_path,
            }));
        }
    }
}

struct Check<'s> {
    owner: Owner,
    served: Vec<Served<'s>>,
    arns: Vec<MethodArns>,
    /// How many comparisons are left.
    left: Cell<usize>,
}

impl<'s> Check<'s> {
    fn new(owner: Owner, served: Vec<Served<'s>>) -> Self {
        let arns = served.iter().map(|of| of.arns(true, true, true)).collect();
        Self { owner, served, arns, left: Cell::new(COMPARISONS_MAX) }
    }

    fn of(&self, policy: &Policy, at: &At<'_>) -> Vec<DefinitionError> {
        let statements = at.get("Statement");
        let statements = statements.iter().flat_map(|at| match at.is_object() {
            true => vec![at.clone()],
            false => at.items().collect(),
        });
        let mut warnings = Vec::new();
        for (number, at) in statements.enumerate() {
            let elements = policy.elements().filter(|element| element.statement == number);
            let (actions, resources): (Vec<_>, Vec<_>) =
                elements.partition(|element| element.name.ends_with("Action"));
            let (actions, resources) = (texts(&at, &actions), texts(&at, &resources));
            warnings.extend(actions.iter().filter_map(|(of, at)| self.action(of, at)));
            warnings.extend(
                resources
                    .iter()
                    .filter(|(_, at)| self.is_meant(&actions, at))
                    .filter_map(|(of, at)| self.resource(of, at)),
            );
        }
        warnings
    }

    fn action(&self, element: &Element<'_>, at: &At<'_>) -> Option<DefinitionError> {
        let text = at.as_str()?;
        if is_action(element) || (self.owner == Owner::Principal && !is_of_service(text)) {
            return None;
        }
        let message = format!("{}: API Gateway has no action `{text}`", nothing(element));
        let help = did_you_mean(text, ACTIONS.into_iter());
        let help = help.unwrap_or_else(|| format!("its actions are {}", quoted(&ACTIONS)));
        Some(DefinitionError::warning(at.source(), message).help(help))
    }

    /// Whether a resource is to be one of API Gateway's: a principal may have resources of other services.
    fn is_meant(&self, actions: &[(Element<'_>, At<'_>)], resource: &At<'_>) -> bool {
        let speaks = |(of, _): &(Element<'_>, At<'_>)| of.name == "NotAction" || is_action(of);
        let is_alone = |(of, at): &(Element<'_>, At<'_>)| {
            of.name == "Action" && at.as_str().is_some_and(is_of_service)
        };
        let names_service = resource.as_str().is_some_and(|text| text.contains("execute-api"));
        actions.iter().any(speaks)
            && (self.owner != Owner::Principal || names_service || actions.iter().all(is_alone))
    }

    fn resource(&self, element: &Element<'_>, at: &At<'_>) -> Option<DefinitionError> {
        let left = self.left.get();
        if self.served.is_empty() || left < self.arns.len() {
            return None;
        }
        let found = self.arns.iter().position(|arns| element.may_be_of(arns));
        self.left.set(left - found.unwrap_or(self.arns.len()));
        if found.is_some() {
            return None;
        }
        let text = at.as_str()?;
        let nothing = nothing(element);
        let (what, help) = match self.wrong(element) {
            Wrong::Stage => {
                let stages: Vec<&str> = self.served.iter().map(|of| of.stage_name).collect();
                ("there is no such stage", format!("there is {}", quoted(&stages)))
            }
            Wrong::Method => {
                let methods =
                    self.served.iter().filter(|of| element.may_be_of(&of.arns(true, false, true)));
                let methods: Vec<&str> = methods.map(|of| of.http_method).collect();
                ("the resource has no such method", format!("it has {}", quoted(&methods)))
            }
            Wrong::Path => ("there is no such path", self.near(text)),
            Wrong::Arn if self.owner == Owner::Api && other_api(text).is_some() => {
                let other = other_api(text).unwrap_or_default();
                let message = format!(
                    "this {} methods of the API `{other}`, and none of this one",
                    verb(element)
                );
                let help =
                    format!("{} is this API's, whatever id it is served under", self.example());
                return Some(DefinitionError::warning(at.source(), message).help(help));
            }
            Wrong::Arn => {
                ("no method has this ARN", format!("a method is written {}", self.example()))
            }
        };
        let message = format!("{nothing}: {what} as in `{text}`");
        Some(DefinitionError::warning(at.source(), message).help(help))
    }

    fn wrong(&self, element: &Element<'_>) -> Wrong {
        let left = self.left.get().checked_sub(3 * self.served.len());
        self.left.set(left.unwrap_or_default());
        let fits = |stage, method, path| {
            left.is_some()
                && self.served.iter().any(|of| element.may_be_of(&of.arns(stage, method, path)))
        };
        match () {
            () if fits(true, false, true) => Wrong::Method,
            () if fits(false, true, true) => Wrong::Stage,
            () if fits(true, true, false) => Wrong::Path,
            () => Wrong::Arn,
        }
    }

    /// The path that is meant, or how one is written.
    fn near(&self, text: &str) -> String {
        let path = text.split_once('/').and_then(|(_, rest)| rest.splitn(3, '/').nth(2));
        let path = format!("/{}", path.unwrap_or_default());
        let known = self.served.iter().map(|of| of.resource_path);
        did_you_mean(&path, known)
            .unwrap_or_else(|| format!("a method is written {}", self.example()))
    }

    fn example(&self) -> String {
        let Some(of) = self.served.first() else { return String::new() };
        let segments = of.resource_path.trim_start_matches('/').split('/');
        let any = |segment| if str::starts_with(segment, ['{', '$']) { "*" } else { segment };
        let path = segments.map(any).collect::<Vec<_>>().join("/");
        let api_arn = match self.owner {
            Owner::Api => "execute-api:/",
            Owner::Endpoint | Owner::Principal => &of.api_arn,
        };
        format!("`{api_arn}{}/{}/{path}`", of.stage_name, of.http_method)
    }
}

impl Served<'_> {
    /// Its ARNs, with these parts of them as they are.
    fn arns(&self, stage: bool, method: bool, path: bool) -> MethodArns {
        MethodArns::new(
            &self.api_arn,
            stage.then_some(self.stage_name),
            method.then_some(self.http_method),
            path.then_some(self.resource_path),
        )
    }
}

fn items<'d>(at: Option<At<'d>>) -> Vec<At<'d>> {
    at.iter().flat_map(At::items).collect()
}

/// Elements with their places.
fn texts<'p, 'd>(statement: &At<'d>, elements: &[Element<'p>]) -> Vec<(Element<'p>, At<'d>)> {
    let place = |element: &Element<'p>| {
        let at = statement.get(element.name)?;
        let item = at.items().nth(element.number);
        Some((*element, item.unwrap_or(at)))
    };
    elements.iter().filter_map(place).collect()
}

fn is_action(element: &Element<'_>) -> bool {
    ACTIONS.iter().any(|action| element.is_of_action(action))
}

fn is_of_service(action: &str) -> bool {
    action.split_once(':').is_some_and(|(service, _)| service.eq_ignore_ascii_case("execute-api"))
}

fn nothing(element: &Element<'_>) -> String {
    format!("this {} nothing", verb(element))
}

fn verb(element: &Element<'_>) -> &'static str {
    match (element.name.starts_with("Not"), element.denies) {
        (true, _) => "excepts",
        (false, true) => "denies",
        (false, false) => "allows",
    }
}

/// The API that an ARN names, if it names one.
fn other_api(arn: &str) -> Option<&str> {
    let mut parts = arn.splitn(6, ':').skip(2);
    let service = parts.next()?;
    let (id, _) = parts.nth(2)?.split_once('/')?;
    (service == "execute-api" && !id.contains(['*', '?', '$'])).then_some(id)
}

/// Names, each once.
fn quoted(names: &[&str]) -> String {
    let mut all: Vec<String> = Vec::new();
    for name in names.iter().map(|name| format!("`{name}`")) {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all.join(", ")
}

#[cfg(test)]
mod tests;
