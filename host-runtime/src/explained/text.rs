//! An account for people.

use std::fmt::Write;

use gateway_core::transcript::{Entry, Event, Message, Pairs, PipelineStage, Variable};

use super::places::{DistributionPlaces, Place, Places};
use super::{Explained, GOES_ON, as_run};
use crate::config::Config;
use crate::diagnostic::Printable;
use crate::edge::{Account, AccountBehavior, AccountWay};

/// Most lines of one text that are shown; `--format json` has more.
const LINES_MAX: usize = 40;
/// Most paths that are named in place of one that nobody serves.
const SERVED_MAX: usize = 8;

/// The account of a request.
pub(crate) fn text(config: &Config, explained: &Explained) -> String {
    let transcript = as_run(config, &explained.transcript);
    let is_found = |entry: &Entry| matches!(entry.event, Event::Addressed { .. });
    let is_found = transcript.entries.iter().any(is_found);
    let (text, places) = (String::new(), Places::new(config));
    let mut page = Page { text, places, begun: None, is_found };
    let ((method, target), ms) = (explained.request(), explained.latency_ms);
    let status = match explained.status {
        0 => "the client left".into(),
        // Its end is the distribution's to tell.
        GOES_ON => "it goes to the cache and its origins".into(),
        status => status.to_string(),
    };
    page.line(0, &format!("{method} {target} → {status} ({ms} ms)"));
    let mut stages = explained.stages().into_iter();
    let mut stage: Option<PipelineStage> = None;
    for entry in &transcript.entries {
        if stage != Some(entry.stage) {
            stage = Some(entry.stage);
            page.text.push('\n');
            let ms = stages.next().map_or(0, |(_, ms)| ms);
            page.line(0, &format!("{} ({ms} ms)", entry.stage.name()));
        }
        page.entry(entry);
        if let (Event::Decided { rule }, false, PipelineStage::FindStage) =
            (&entry.event, is_found, entry.stage)
        {
            match rule.ends_with("it answers at private endpoints alone") {
                true => page.private_endpoints_there_are(config),
                false => page.stages_there_are(config),
            }
        }
    }
    if explained.transcript.is_cut {
        page.line(1, "… more happened than is kept of one request");
    }
    if let Some(account) = &explained.distribution {
        page.distribution(config, account);
    }
    page.text
}

struct Page<'c> {
    text: String,
    places: Places<'c>,
    begun: Option<u64>,
    /// Whether it is for a stage.
    is_found: bool,
}

impl Page<'_> {
    fn line(&mut self, depth: usize, text: &str) {
        let indent = "  ".repeat(depth);
        writeln!(self.text, "{indent}{}", Printable(text)).expect("a string takes all");
    }

    fn pairs(&mut self, title: &str, pairs: &Pairs) {
        for (name, value) in pairs {
            self.line(2, &format!("{title} {name}: {value}"));
        }
    }

    /// What a distribution does with it.
    fn distribution(&mut self, config: &Config, account: &Account) {
        let places = DistributionPlaces::new(config, &account.distribution);
        let method = &account.request.0;
        self.text.push('\n');
        self.line(0, &format!("distribution {}", account.distribution));
        if let Some(behavior) = &account.behavior {
            self.behavior(&places, behavior);
        }
        if let Some(way) = &account.way {
            self.way(method, way);
        }
        self.line(1, &account.decision);
        if let Some(reason) = &account.reason {
            self.line(2, reason);
        }
        let Some(page) = &account.page else { return };
        let ((code, told), path) = (page.statuses, &page.path);
        self.line(
            1,
            &format!(
                "the custom error response for {code} answers in its place, if its page is to be had: {path}, with \
                 status {told}"
            ),
        );
        self.behavior(&places, &page.behavior);
        self.way(if method == "HEAD" { "HEAD" } else { "GET" }, &page.way);
    }

    fn behavior(&mut self, places: &DistributionPlaces<'_>, behavior: &AccountBehavior) {
        let default = if behavior.path_pattern == "*" { ", the default one" } else { "" };
        self.line(1, &format!("cache behavior {}{default}", behavior.path_pattern));
        self.place(places.of(&behavior.pointer).as_ref());
    }

    fn way(&mut self, method: &str, way: &AccountWay) {
        match &way.key {
            Some(key) => {
                self.line(1, "cache key");
                key.iter().for_each(|(name, value)| self.line(2, &format!("{name}: {value}")));
            }
            None => self.line(1, "no cache key"),
        }
        self.line(1, &format!("stored: {}", way.stored));
        for (number, origin) in way.origins.iter().enumerate() {
            let when = if number == 0 { "" } else { "if that fails, " };
            let here = if origin.is_here { "the API that is here, " } else { "" };
            let (id, url) = (&origin.id, &origin.url);
            self.line(1, &format!("{when}origin {id}: {here}{method} {url}"));
            self.pairs("header", &origin.fields);
        }
    }

    /// Text of several lines, each on its own.
    fn block(&mut self, text: &str) {
        for line in text.lines().take(LINES_MAX) {
            self.line(2, &format!("| {line}"));
        }
        if text.lines().nth(LINES_MAX).is_some() {
            self.line(2, "| …");
        }
    }

    /// What a template read and set, in its order.
    fn variables(&mut self, variables: &[Variable]) {
        for Variable { reference, value, is_set, line } in variables.iter().take(LINES_MAX) {
            let sign = if *is_set { "is set to" } else { "is" };
            let value = value.as_ref().map_or("null".into(), |value| format!("{value:?}"));
            self.line(2, &format!("line {line}: {reference} {sign} {value}"));
        }
        if variables.len() > LINES_MAX {
            self.line(2, "…");
        }
    }

    /// Where it could have been asked for.
    fn private_endpoints_there_are(&mut self, config: &Config) {
        for configured in &config.private_endpoints {
            let scheme = if configured.listen.tls.is_some() { "https" } else { "http" };
            let (id, address) = (&configured.endpoint.vpc_endpoint_id, configured.listen.address);
            self.line(2, &format!("the private endpoint {id}: {scheme}://{address}/"));
        }
    }

    /// What could have been asked for.
    fn stages_there_are(&mut self, config: &Config) {
        let is_alone = config.apis.len() == 1;
        let stages = config.apis.iter().flat_map(|api| {
            api.stages.iter().map(move |stage| match (is_alone, stage.stage_name.as_str()) {
                (true, "$default") => "/…".into(),
                (true, name) => format!("/{name}/…"),
                (false, "$default") => format!("/_aws/execute-api/{}/…", api.id),
                (false, name) => format!("/_aws/execute-api/{}/{name}/…", api.id),
            })
        });
        let domains = config.domain_names.iter().map(|domain| format!("{}/…", domain.domain_name));
        let mut served: Vec<String> = stages.chain(domains).collect();
        if served.is_empty() {
            return;
        }
        if served.len() > SERVED_MAX {
            served.truncate(SERVED_MAX);
            served.push("and others".into());
        }
        self.line(2, &format!("served here: {}", served.join(", ")));
        if let (false, Some(api)) = (is_alone, config.apis.first()) {
            let host = format!("{}.execute-api.localhost", api.id);
            self.line(2, &format!("or by host, as {host}, without /_aws/execute-api/{}", api.id));
        }
    }

    fn entry(&mut self, entry: &Entry) {
        let begun = *self.begun.get_or_insert(entry.now.0);
        let place = self.places.of(entry);
        let place = place.as_ref();
        match &entry.event {
            Event::Arrived { request_id, http_method, target, source_ip, .. } => {
                self.line(1, &format!("{http_method} {target} from {source_ip}"));
                self.line(1, &format!("request id {request_id}"));
            }
            Event::Addressed { api_id, stage, deployment_id, is_canary, stage_variables } => {
                let canary = if *is_canary == Some(true) { ", its canary" } else { "" };
                let deployment = format!("deployment {deployment_id}{canary}");
                self.line(1, &format!("API {api_id}, stage {stage}, {deployment}"));
                self.pairs("stage variable", stage_variables);
            }
            Event::WebAclAsked { name, arn } => {
                self.line(1, &format!("web ACL {name} ({arn})"));
                self.place(place);
            }
            Event::Matched { route_key, path, path_parameters, query_string, headers, .. } => {
                self.line(1, &format!("{path} is answered by {route_key}"));
                self.place(place);
                self.pairs("path parameter", path_parameters);
                self.pairs("query parameter", query_string);
                self.pairs("header", headers);
            }
            Event::AuthorizerAsked { name } => {
                self.line(1, &format!("authorizer {name}"));
                self.place(place);
            }
            Event::AuthorizerAnswered { principal } => {
                self.line(1, &format!("the authorizer knows the caller as {principal}"));
            }
            Event::KeyChecked { api_key, is_required, refusal } => {
                self.line(
                    1,
                    &match (is_required, refusal) {
                        (false, _) => "the method needs no API key".into(),
                        (true, None) => format!("API key {api_key} serves"),
                        (true, Some(reason)) => {
                            format!("API key {api_key} does not serve: {reason}")
                        }
                    },
                );
                self.place(place);
            }
            Event::Content { message, text, bytes } => {
                self.line(1, &format!("{} body: {bytes} bytes", named(*message)));
                self.block(text);
            }
            // Where no stage is found no gateway response of an API answers, whatever type it would be of.
            Event::Decided { .. } if !self.is_found && entry.stage == PipelineStage::Respond => {}
            Event::Decided { rule } => {
                self.line(1, rule);
                self.place(place);
            }
            Event::Asked { effect, what, headers } => {
                self.line(1, &format!("→ {}: {what}", effect.name()));
                self.pairs("header", headers);
            }
            Event::Answered { status, what, headers, latency_ms, .. } => {
                let status = status.map(|status| format!("status {status} ")).unwrap_or_default();
                let at = entry.now.0.saturating_sub(begun);
                let time = format!("({latency_ms} ms, {at} ms from the start)");
                self.line(1, format!("← {status}{what}").trim_end());
                self.line(2, &time);
                self.pairs("header", headers);
            }
            Event::Rendered { message, media_type, result, overrides, variables, error } => {
                let what = named(*message);
                match error {
                    None => {
                        self.line(
                            1,
                            &format!("the template for {media_type} makes the {what} body:"),
                        );
                    }
                    Some(error) => {
                        let line =
                            format!("the template for {media_type} makes no {what} body: {error}");
                        self.line(1, &line);
                    }
                }
                self.place(place);
                self.block(result);
                self.variables(variables);
                self.pairs("sets $context.", overrides);
            }
            Event::Failed { reason, .. } if !self.is_found => {
                self.line(1, &format!("refused: {reason}"));
            }
            Event::Failed { response_type, reason } => {
                self.line(1, &format!("gateway response {}", response_type.name()));
                self.line(2, &format!("because: {reason}"));
            }
            Event::Responded { status, headers } => {
                self.line(1, &format!("status {status}"));
                self.pairs("header", headers);
            }
        }
    }

    fn place(&mut self, place: Option<&Place>) {
        if let Some(Place { file, source }) = place {
            self.line(2, &format!("by {file}:{} {}", source.line, source.pointer));
        }
    }
}

fn named(message: Message) -> &'static str {
    match message {
        Message::MethodRequest => "method request",
        Message::EndpointRequest => "endpoint request",
        Message::EndpointResponse => "endpoint response",
        Message::MethodResponse => "method response",
    }
}
