//! `SendRequest`, by `wasi:http/outgoing-handler`.

use edge_common::failing;
use edge_common::service::Unsigned;
use edge_common::vpc_link::private_url;
use gateway_core::effect::{Connection, EffectError, SendRequest};
use gateway_core::limits::PAYLOAD_BYTES_MAX;
use gateway_core::message::{Content, EndpointResponse, Fields};
use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{
    ErrorCode, FutureIncomingResponse, IncomingResponse, OutgoingRequest, RequestOptions, Scheme,
};

use crate::clock::{Deadline, basic_date_time, now};
use crate::content::{Outgoing, Reader};
use crate::drive::HeldByHost;
use crate::{convert, environment, log};

const NS_OF_MS: u64 = 1_000_000;

/// Sends a request and waits for the response's header section; its content is held. Why there is none is told on
/// the log.
pub(crate) fn send(
    request: SendRequest,
    held: &mut HeldByHost,
) -> Result<EndpointResponse, EffectError> {
    let url = request.url.clone();
    ask(request, held).inspect_err(|error| {
        if let Some(line) = failing::endpoint(&url, error, now()) {
            log::error(&line);
        }
    })
}

fn ask(request: SendRequest, held: &mut HeldByHost) -> Result<EndpointResponse, EffectError> {
    let SendRequest { method, mut url, connection, fields, content, timeout_ms, idle_ms, .. } =
        request;
    let mut fields = fields.resolve(&held.arrival_fields);
    let content = match &connection {
        Connection::Internet => held.contents.take(content)?,
        Connection::VpcLink { id, server_name, .. } => {
            url = private_url(&url, id, server_name.as_deref(), &environment::text)?;
            held.contents.take(content)?
        }
        Connection::Service { signing_name, region, credentials } => {
            let content = match content {
                Content::Empty => Vec::new(),
                Content::Bytes(bytes) => bytes,
                Content::Held(id) => held.contents.read(id, PAYLOAD_BYTES_MAX)?,
            };
            let credentials = credentials.as_deref();
            let unsigned =
                Unsigned { method: &method, url: &url, signing_name, region, credentials };
            let signed = unsigned.sign(&fields, &content, &environment::text, basic_date_time())?;
            (url, fields) = signed;
            if content.is_empty() { Outgoing::Empty } else { Outgoing::Bytes(content) }
        }
    };
    let call = Call { method: &method, url: &url, fields: &fields, content, timeout_ms, idle_ms };
    let answer = call.send()?;
    held.endpoint_fields = answer.fields;
    Ok(EndpointResponse {
        status: answer.status,
        fields: held.endpoint_fields.clone(),
        content: answer.content.map_or(Content::Empty, |content| held.contents.hold(content)),
    })
}

/// One request to whomever.
pub(crate) struct Call<'c> {
    pub(crate) method: &'c str,
    pub(crate) url: &'c str,
    pub(crate) fields: &'c Fields,
    pub(crate) content: Outgoing,
    /// Until the header section is there; where `idle_ms` is given, until everything is.
    pub(crate) timeout_ms: u32,
    /// The longest wait for a part of the content.
    pub(crate) idle_ms: Option<u32>,
}

/// What was answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) fields: Fields,
    pub(crate) content: Option<Reader>,
}

impl Call<'_> {
    /// The response, when its header section is there. Redirects are answers like any other.
    pub(crate) fn send(mut self) -> Result<Answer, EffectError> {
        let deadline = Deadline::after_ms(self.timeout_ms);
        let content = std::mem::replace(&mut self.content, Outgoing::Empty);
        let request = self.request(&content)?;
        let body = request.body().map_err(|()| unavailable("a request has one body"))?;
        let response = handle(request, Some(self.options())).map_err(|code| error(&code))?;
        let is_streamed = matches!(content, Outgoing::Stream(_));
        match content.write(body, Some(deadline)) {
            // The time that a client takes is its own, and so is what it breaks off.
            Err(broken @ (EffectError::Stalled | EffectError::TooLarge)) => return Err(broken),
            Err(EffectError::TimedOut) => return Err(EffectError::TimedOut),
            // An endpoint may answer before it has read everything.
            Ok(()) | Err(_) => {}
        }
        // AWS asks an endpoint when it has all content.
        let deadline = if is_streamed { Deadline::after_ms(self.timeout_ms) } else { deadline };
        let response = wait(&response, deadline)?;
        Ok(self.answer(&response, deadline))
    }

    fn request(&self, content: &Outgoing) -> Result<OutgoingRequest, EffectError> {
        let (scheme, rest) = self.url.split_once("://").unwrap_or(("http", self.url));
        let (authority, target) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let target = if target.starts_with('/') { target.into() } else { format!("/{target}") };
        let target = target.split('#').next().unwrap_or("/");
        let scheme = if scheme == "https" { Scheme::Https } else { Scheme::Http };
        let mut fields = self.fields.clone();
        fields.remove("content-length");
        let length = content.length();
        let is_told = length != Some(0) || matches!(self.method, "POST" | "PUT" | "PATCH");
        if let Some(length) = length.filter(|_| is_told) {
            fields.push("content-length", length.to_string());
        }
        let request = OutgoingRequest::new(convert::headers(&fields));
        let is_set = request.set_method(&convert::wasi_method(self.method)).is_ok()
            && request.set_scheme(Some(&scheme)).is_ok()
            && request.set_authority(Some(authority)).is_ok()
            && request.set_path_with_query(Some(target)).is_ok();
        match is_set {
            true => Ok(request),
            false => Err(unavailable(&format!("{} {} cannot be sent", self.method, self.url))),
        }
    }

    /// A host has limits of its own where none are given. It need not know these.
    fn options(&self) -> RequestOptions {
        let options = RequestOptions::new();
        let ns = u64::from(self.timeout_ms) * NS_OF_MS;
        let _ = options.set_connect_timeout(Some(ns));
        let _ = options.set_first_byte_timeout(Some(ns));
        let _ = options.set_between_bytes_timeout(Some(u64::from(self.part_ms()) * NS_OF_MS));
        options
    }

    fn part_ms(&self) -> u32 {
        self.idle_ms.unwrap_or(self.timeout_ms)
    }

    fn answer(&self, response: &IncomingResponse, deadline: Deadline) -> Answer {
        let (status, fields) = (response.status(), convert::fields(&response.headers()));
        let has_none = self.method == "HEAD"
            || matches!(status, 100..200 | 204 | 304)
            || fields.get("content-length") == Some("0");
        let body = if has_none { None } else { response.consume().ok() };
        let ends_at = self.idle_ms.map(|_| deadline);
        let length = fields.get("content-length");
        let content = body.map(|body| Reader::new(body, length, self.part_ms(), ends_at));
        Answer { status, fields, content }
    }
}

fn wait(
    response: &FutureIncomingResponse,
    deadline: Deadline,
) -> Result<IncomingResponse, EffectError> {
    if !deadline.waits_for(&response.subscribe()) {
        return Err(EffectError::TimedOut);
    }
    match response.get() {
        Some(Ok(Ok(response))) => Ok(response),
        Some(Ok(Err(code))) => Err(error(&code)),
        Some(Err(())) | None => Err(unavailable("the host told no response")),
    }
}

fn unavailable(reason: &str) -> EffectError {
    EffectError::Unavailable(reason.into())
}

/// What the host says in the words of RFC 9209, in the pipeline's.
fn error(code: &ErrorCode) -> EffectError {
    let reason = format!("{code:?}");
    match code {
        ErrorCode::DnsTimeout
        | ErrorCode::ConnectionTimeout
        | ErrorCode::ConnectionReadTimeout
        | ErrorCode::ConnectionWriteTimeout
        | ErrorCode::HttpResponseTimeout => EffectError::TimedOut,
        ErrorCode::DnsError(_)
        | ErrorCode::DestinationNotFound
        | ErrorCode::DestinationIpProhibited
        | ErrorCode::DestinationIpUnroutable
        | ErrorCode::HttpRequestDenied
        | ErrorCode::TlsCertificateError => EffectError::Misconfigured(reason),
        ErrorCode::HttpProtocolError
        | ErrorCode::HttpResponseHeaderSectionSize(_)
        | ErrorCode::HttpResponseHeaderSize(_)
        | ErrorCode::HttpResponseTransferCoding(_)
        | ErrorCode::HttpResponseContentCoding(_)
        | ErrorCode::HttpUpgradeFailed => EffectError::Malformed(reason),
        _ => EffectError::Unavailable(reason),
    }
}
