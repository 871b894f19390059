//! Recording HTTP servers: what stands behind the gateway in a case.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::json::{Json, object};
use crate::percent;
use crate::wire::{self, Fields, Otherwise};

/// A request as it arrived.
#[derive(Clone, Debug)]
pub struct Received {
    /// The method.
    pub method: String,
    /// The path as sent.
    pub path: String,
    /// The query as sent.
    pub query: String,
    /// The header fields.
    pub fields: Fields,
    /// The content.
    pub content: Vec<u8>,
    /// The function that was invoked; empty for anything but an invocation.
    pub function: Option<String>,
    /// The function's version or alias.
    pub qualifier: Option<String>,
    /// The order of arrival among all backends of the process.
    pub sequence: u64,
}

impl Received {
    /// The content as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.content).into_owned()
    }

    /// All of it as JSON, fields by name but for those in `without`: what an echoing backend answers.
    fn to_json(&self, without: &[Json]) -> Json {
        let mut names = self.fields.names();
        names.retain(|name| !without.iter().any(|left_out| left_out.as_str() == Some(name)));
        names.sort();
        let joined = |name: String| {
            (name.clone(), Json::from(self.fields.joined(&name).unwrap_or_default()))
        };
        object([
            ("method", self.method.as_str().into()),
            ("path", self.path.as_str().into()),
            ("query", self.query.as_str().into()),
            ("headers", Json::Object(names.into_iter().map(joined).collect())),
            ("body", self.text().into()),
        ])
    }
}

/// What a backend does with a request.
#[derive(Debug)]
pub enum Answer {
    /// It answers.
    Respond {
        /// The status code.
        status: u16,
        /// The fields; `Content-Length` is added where none is among them.
        fields: Vec<(String, String)>,
        /// The content.
        content: Vec<u8>,
        /// How long it waits before.
        delay: Duration,
    },
    /// It closes the connection.
    Drop,
}

/// Decides what a backend answers. It may note in the request which function was invoked.
pub type Behaviour = dyn Fn(&mut Received) -> Answer + Send + Sync;

/// A server on a free loopback port that records what it receives; it ends when dropped.
#[derive(Debug)]
pub struct Backend {
    /// Where it listens.
    pub address: SocketAddr,
    received: Arc<Mutex<Vec<Received>>>,
    accepting: JoinHandle<()>,
}

impl Backend {
    /// Starts a server on a free port that answers as `behaviour` says.
    pub async fn start(
        behaviour: impl Fn(&mut Received) -> Answer + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        Self::serve(Self::listen().await?, behaviour)
    }

    /// Takes a free port, for a server whose answers depend on its own address. (A port that is looked up,
    /// given back and bound later may be held at that moment by a process just being forked.)
    pub async fn listen() -> std::io::Result<TcpListener> {
        TcpListener::bind("127.0.0.1:0").await
    }

    /// Starts a server on that port.
    pub fn serve(
        listener: TcpListener,
        behaviour: impl Fn(&mut Received) -> Answer + Send + Sync + 'static,
    ) -> std::io::Result<Self> {
        let address = listener.local_addr()?;
        let received = Arc::new(Mutex::new(Vec::new()));
        let (record, behaviour) = (received.clone(), Arc::new(behaviour) as Arc<Behaviour>);
        let accepting = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (record, behaviour) = (record.clone(), behaviour.clone());
                connections.spawn(async move {
                    // A gateway that goes away in the middle of an exchange is its own matter.
                    let _ = serve(stream, &record, &*behaviour).await;
                });
                while connections.try_join_next().is_some() {}
            }
        });
        Ok(Self { address, received, accepting })
    }

    /// `http://127.0.0.1:PORT`
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Takes what has been received so far.
    pub fn take(&self) -> Vec<Received> {
        std::mem::take(&mut *self.received.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How much has been received and not been taken.
    pub fn received_len(&self) -> usize {
        self.received.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// The behaviour of HTTP backends: answers by path prefix, the longest first, whole segments before parts.
pub fn http(answers: Json) -> impl Fn(&mut Received) -> Answer {
    move |request| {
        let path = request.path.as_str();
        let below = |prefix: &str| {
            path == prefix
                || path
                    .strip_prefix(prefix)
                    .is_some_and(|rest| prefix.ends_with('/') || rest.starts_with('/'))
        };
        match longest(&answers, below)
            .or_else(|| longest(&answers, |prefix| path.starts_with(prefix)))
        {
            Some(answer) => respond(answer, request),
            None => json_answer(200, &request.to_json(&[])),
        }
    }
}

/// The behaviour of an AWS service: one answer, or answers by path prefix.
pub fn service(answer: Json) -> impl Fn(&mut Received) -> Answer {
    move |request| respond(&answer, request)
}

/// The behaviour of Lambda's Invoke API; `api` tells which integrations invoke a function.
pub fn lambda(functions: Json, api: &Json) -> impl Fn(&mut Received) -> Answer + use<> {
    let mut invocations = Vec::new();
    collect_invocations(api, &mut invocations);
    move |request| {
        let (name, qualifier) = invoked(request);
        request.function = Some(name.clone());
        request.qualifier = Some(qualifier.clone());
        let qualified = Some(format!("{name}:{qualifier}")).filter(|_| !qualifier.is_empty());
        let Some(function) =
            qualified.and_then(|name| functions.get(&name)).or_else(|| functions.get(&name))
        else {
            let error = ("x-amzn-errortype".to_owned(), "ResourceNotFoundException".to_owned());
            let fields = vec![("Content-Type".to_owned(), "application/json".to_owned()), error];
            return respond_with(404, fields, br#"{"Message":"Function not found"}"#.to_vec());
        };
        let types: Vec<&str> = invocations
            .iter()
            .filter(|(invoked, _)| *invoked == name)
            .map(|(_, kind)| kind.as_str())
            .collect();
        delayed(function, run_function(function, &types, request))
    }
}

fn run_function(function: &Json, integration_types: &[&str], request: &Received) -> Answer {
    if function.get("status").is_some() && function.get("result").is_none() {
        return respond(function, request);
    }
    if let Some(error) = function.get("error") {
        let kind = error.get("functionError").map_or_else(|| "Unhandled".to_owned(), Json::text);
        let payload = error.get("payload").cloned().unwrap_or_else(|| object([]));
        let fields = vec![
            ("Content-Type".to_owned(), "application/json".to_owned()),
            ("X-Amz-Function-Error".to_owned(), kind),
        ];
        return respond_with(200, fields, payload.to_string().into_bytes());
    }
    if request.fields.all("x-amz-invocation-type").any(|kind| kind == "Event") {
        return respond_with(202, Vec::new(), Vec::new());
    }
    if !function.get("echo").is_some_and(Json::is_truthy) {
        return json_answer(200, function.get("result").unwrap_or(&Json::Null));
    }
    let text =
        Some(request.text()).filter(|text| !text.is_empty()).unwrap_or_else(|| "{}".to_owned());
    let Ok(event) = Json::parse(&text) else {
        return json_answer(200, &request.text().into());
    };
    // A proxy integration wants its event back inside of a response, a custom one the event itself.
    let only =
        |kind| !integration_types.is_empty() && integration_types.iter().all(|one| *one == kind);
    if only("aws_proxy") || (!only("aws") && event.get("requestContext").is_some()) {
        let fields = object([("Content-Type", "application/json".into())]);
        return json_answer(
            200,
            &object([
                ("statusCode", 200.into()),
                ("headers", fields),
                ("body", event.to_string().into()),
            ]),
        );
    }
    json_answer(200, &event)
}

/// Function name and qualifier of an Invoke request: a name, a partial ARN or an ARN, in the path.
fn invoked(request: &Received) -> (String, String) {
    let path = request.path.trim_start_matches('/').strip_prefix("2015-03-31/functions/");
    let name = path
        .and_then(|path| path.split_once("/invocations"))
        .map(|(name, _)| percent::decode(name));
    let name = String::from_utf8_lossy(&name.unwrap_or_default()).into_owned();
    let name = name.rsplit("function:").next().unwrap_or_default();
    let (name, qualifier) = name.split_once(':').unwrap_or((name, ""));
    if !qualifier.is_empty() {
        return (name.to_owned(), qualifier.to_owned());
    }
    let asked =
        percent::query_pairs(&request.query).into_iter().find(|(key, _)| key == b"Qualifier");
    (
        name.to_owned(),
        asked.map(|(_, value)| String::from_utf8_lossy(&value).into_owned()).unwrap_or_default(),
    )
}

/// Pairs of function name and integration type, from every integration in the definition.
fn collect_invocations(value: &Json, found: &mut Vec<(String, String)>) {
    if let Some((_, name)) =
        value.get("uri").and_then(Json::as_str).and_then(|uri| uri.split_once("function:"))
    {
        let name = name.split(['/', ':']).next().unwrap_or_default();
        let kind = value.get("type").map(Json::text).unwrap_or_default().to_ascii_lowercase();
        found.push((name.to_owned(), kind));
    }
    value.members().iter().for_each(|(_, member)| collect_invocations(member, found));
    value.elements().iter().for_each(|element| collect_invocations(element, found));
}

fn longest(answers: &Json, matches: impl Fn(&str) -> bool) -> Option<&Json> {
    let matching = answers.members().iter().filter(|(prefix, _)| matches(prefix));
    matching.max_by_key(|(prefix, _)| prefix.len()).map(|(_, answer)| answer)
}

fn respond(answer: &Json, request: &Received) -> Answer {
    if let Some(routes) = answer.get("routes") {
        return match longest(routes, |prefix| request.path.starts_with(prefix)) {
            Some(answer) => respond(answer, request),
            None => respond_with(404, Vec::new(), Vec::new()),
        };
    }
    if answer.get("drop").is_some_and(Json::is_truthy) {
        return Answer::Drop;
    }
    if answer.get("echo").is_some_and(Json::is_truthy) {
        let without = answer.get("without").map(Json::elements).unwrap_or_default();
        return delayed(answer, json_answer(200, &request.to_json(without)));
    }
    let base64 = answer.get("bodyBase64").and_then(Json::as_str);
    let content = match base64 {
        Some(base64) => BASE64.decode(base64).unwrap_or_default(),
        None => answer.get("body").map(Json::text).unwrap_or_default().into_bytes(),
    };
    let status =
        answer.get("status").and_then(Json::as_i64).and_then(|status| u16::try_from(status).ok());
    let fields = answer.get("headers").map(field_pairs).unwrap_or_default();
    delayed(answer, respond_with(status.unwrap_or(200), fields, content))
}

/// Fields from an object, or from a list of pairs; a list of values is a field for each.
pub fn field_pairs(fields: &Json) -> Vec<(String, String)> {
    let from_list = fields.elements().iter().filter_map(|pair| match pair.elements() {
        [name, value] => Some((name.text(), value)),
        _ => None,
    });
    let pairs = fields.members().iter().map(|(name, value)| (name.clone(), value)).chain(from_list);
    pairs
        .flat_map(|(name, value)| match value {
            Json::Array(values) => {
                values.iter().map(|value| (name.clone(), value.text())).collect::<Vec<_>>()
            }
            value => vec![(name, value.text())],
        })
        .collect()
}

fn json_answer(status: u16, value: &Json) -> Answer {
    respond_with(
        status,
        vec![("Content-Type".to_owned(), "application/json".to_owned())],
        value.to_string().into_bytes(),
    )
}

fn respond_with(status: u16, fields: Vec<(String, String)>, content: Vec<u8>) -> Answer {
    Answer::Respond { status, fields, content, delay: Duration::ZERO }
}

fn delayed(specification: &Json, answer: Answer) -> Answer {
    let asked = specification
        .get("delayMs")
        .and_then(Json::as_i64)
        .and_then(|delay| u64::try_from(delay).ok());
    match (asked, answer) {
        (Some(delay), Answer::Respond { status, fields, content, .. }) => {
            Answer::Respond { status, fields, content, delay: Duration::from_millis(delay) }
        }
        (_, answer) => answer,
    }
}

async fn serve(
    stream: TcpStream,
    record: &Mutex<Vec<Received>>,
    behaviour: &Behaviour,
) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut stream = BufReader::new(stream);
    while let Some(head) = wire::read_head(&mut stream).await? {
        if head.fields.all("expect").any(|value| value.eq_ignore_ascii_case("100-continue")) {
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await?;
        }
        let content = wire::read_content(&mut stream, &head.fields, Otherwise::Empty).await?;
        let closes = head.fields.all("connection").any(|value| value.eq_ignore_ascii_case("close"));
        let mut request = received(head, content);
        let answer = behaviour(&mut request);
        let head_only = request.method == "HEAD";
        record.lock().unwrap_or_else(PoisonError::into_inner).push(request);
        let Answer::Respond { status, fields, content, delay } = answer else { return Ok(()) };
        if !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        stream.write_all(&on_the_wire(status, &fields, &content, head_only)).await?;
        if closes {
            break;
        }
    }
    stream.shutdown().await
}

fn received(head: wire::Head, content: Vec<u8>) -> Received {
    static SEQUENCE: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);
    let mut start = head.start.split(' ');
    let method = start.next().unwrap_or_default().to_owned();
    let target = start.next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Received {
        method,
        path: path.to_owned(),
        query: query.to_owned(),
        fields: head.fields,
        content,
        function: None,
        qualifier: None,
        sequence: SEQUENCE.fetch_add(1, std::sync::atomic::Ordering::Relaxed),
    }
}

fn on_the_wire(
    status: u16,
    fields: &[(String, String)],
    content: &[u8],
    head_only: bool,
) -> Vec<u8> {
    let mut bytes = format!("HTTP/1.1 {status} Answer\r\n").into_bytes();
    for (name, value) in fields {
        bytes.extend(wire::string_to_latin1(&format!("{name}: {value}\r\n")));
    }
    if !fields.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
        bytes.extend(format!("Content-Length: {}\r\n", content.len()).as_bytes());
    }
    bytes.extend(b"\r\n");
    // RFC 9112 section 6.3: content after these would be read as the next response.
    if !head_only && status != 204 && status != 304 {
        bytes.extend(content);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::{self, Request, Response};

    async fn ask(
        backend: &Backend,
        method: &str,
        target: &str,
        fields: &[(&str, &str)],
        content: &str,
    ) -> std::io::Result<Response> {
        let mut fields: Vec<_> =
            fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        fields.push(("Content-Length".to_owned(), content.len().to_string()));
        let request = Request {
            method: method.to_owned(),
            target: target.to_owned(),
            fields,
            content: content.into(),
        };
        client::send(backend.address, &request).await
    }

    async fn text(backend: &Backend, target: &str) -> String {
        String::from_utf8(ask(backend, "GET", target, &[], "").await.unwrap().content).unwrap()
    }

    #[tokio::test]
    async fn the_longest_prefix_of_whole_segments_answers() {
        let answers = r#"{"/": {"body": "root"}, "/ab": {"body": "ab"}, "/ab/c": {"body": "abc"}}"#;
        let backend = Backend::start(http(Json::parse(answers).unwrap())).await.unwrap();
        for (target, body) in
            [("/ab/c/d", "abc"), ("/ab/cd", "ab"), ("/ab?x", "ab"), ("/abc", "root"), ("/", "root")]
        {
            assert_eq!(text(&backend, target).await, body, "{target}");
        }
        assert_eq!(backend.take().len(), 5);
    }

    #[tokio::test]
    async fn an_echo_shows_the_request_and_it_is_recorded() {
        let backend =
            Backend::start(http(Json::parse(r#"{"/": {"echo": true}}"#).unwrap())).await.unwrap();
        let response =
            ask(&backend, "PUT", "/a?b=c", &[("X-A", "1"), ("x-a", "2")], "é").await.unwrap();
        let echo = Json::parse(&String::from_utf8(response.content).unwrap()).unwrap();
        assert_eq!(
            echo.to_string(),
            r#"{"method": "PUT", "path": "/a", "query": "b=c", "headers": {"content-length": "2", "x-a": "1, 2"}, "body": "\u00e9"}"#
        );
        let received = backend.take();
        assert_eq!((received[0].method.as_str(), received[0].text().as_str()), ("PUT", "é"));
        assert!(backend.take().is_empty());
    }

    #[tokio::test]
    async fn a_dropping_backend_gives_no_answer() {
        let backend =
            Backend::start(http(Json::parse(r#"{"/": {"drop": true}}"#).unwrap())).await.unwrap();
        assert!(ask(&backend, "GET", "/", &[], "").await.is_err());
    }

    #[tokio::test]
    async fn repeated_fields_are_sent_one_by_one() {
        let backend = Backend::start(service(
            Json::parse(r#"{"status": 201, "headers": {"Set-Cookie": ["a", "b"], "X": 1}}"#)
                .unwrap(),
        ))
        .await
        .unwrap();
        let response = ask(&backend, "GET", "/", &[], "").await.unwrap();
        assert_eq!(response.status, 201);
        assert_eq!(response.fields.all("set-cookie").collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(response.fields.joined("x").as_deref(), Some("1"));
    }

    #[tokio::test]
    async fn functions_are_invoked_by_name_arn_and_qualifier() {
        let functions = r#"{"f": {"result": {"n": 1}}, "f:live": {"result": 2}, "g": {"error": {"payload": {"errorMessage": "m"}}}, "e": {"echo": true}}"#;
        let api = r#"{"x": [{"uri": "arn:aws:…:function:e/invocations", "type": "AWS_PROXY"}]}"#;
        let backend = lambda(Json::parse(functions).unwrap(), &Json::parse(api).unwrap());
        let backend = Backend::start(backend).await.unwrap();
        for (function, status, content) in [
            ("f", 200, r#"{"n": 1}"#),
            ("arn%3Aaws%3Alambda%3Aus-east-1%3A000000000000%3Afunction%3Af%3Alive", 200, "2"),
            ("f?Qualifier=live", 200, "2"),
            ("f?Qualifier=other", 200, r#"{"n": 1}"#),
            ("g", 200, r#"{"errorMessage": "m"}"#),
            (
                "e",
                200,
                r#"{"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": "{}"}"#,
            ),
            ("nobody", 404, r#"{"Message":"Function not found"}"#),
        ] {
            let (name, query) = function.split_once('?').unwrap_or((function, ""));
            let response = ask(
                &backend,
                "POST",
                &format!("/2015-03-31/functions/{name}/invocations?{query}"),
                &[],
                "",
            )
            .await
            .unwrap();
            assert_eq!(
                (response.status, str::from_utf8(&response.content).unwrap()),
                (status, content),
                "{function}"
            );
            assert_eq!(response.fields.joined("x-amz-function-error").is_some(), function == "g");
        }
        let received = backend.take();
        assert_eq!(
            (received[1].function.as_deref(), received[1].qualifier.as_deref()),
            (Some("f"), Some("live"))
        );
    }
}
