//! Parameter mappings of HTTP APIs, applied: to what an endpoint is sent, to a function's event, to
//! the parameters of a service, and to what the client is answered.

use alloc::string::String;
use alloc::vec::Vec;

use super::{MethodCall, endpoint_failed, read_content};
use crate::context::Context;
use crate::definition::Protocol;
use crate::effect::{EffectError, ReadContent};
use crate::exchange::Io;
use crate::gateway::parameter_mapping::{
    Change, RequestMappings, ResponseMappings, Source, Value, status_code,
};
use crate::gateway_error::GatewayError;
use crate::limits::PAYLOAD_BYTES_MAX;
use crate::message::{Content, FieldEdits, Fields, OutgoingFields, Request, Response};
use crate::pipeline::map_request::leads_out;
use crate::pipeline::respond::field_value;
use crate::target;

/// What the mappings of a request take their values from.
pub(super) struct RequestSource<'r> {
    request: &'r Request,
    context: &'r Context<'r>,
    path_parameters: Vec<(&'r str, &'r str)>,
    body: Vec<u8>,
    now: crate::message::Timestamp,
}

impl<'r> RequestSource<'r> {
    /// Reads the request's content if a mapping is made from it.
    pub(super) async fn read(reads_body: bool, call: MethodCall<'r>) -> Result<Self, GatewayError> {
        let MethodCall { of, request, context, io } = call;
        let body = if reads_body { read_content(request, io).await? } else { Vec::new() };
        let path_parameters = of.path_parameters(&context.resource_request_path).collect();
        Ok(Self { request, context, path_parameters, body, now: io.now() })
    }

    fn source(&self) -> Source<'_> {
        Source {
            fields: &self.request.fields,
            body: &self.body,
            context: self.context,
            path_parameters: &self.path_parameters,
            now: self.now,
        }
    }

    /// What is mapped to header fields.
    ///
    /// What is overwritten with nothing is gone: a client must not be able to send for itself what
    /// the endpoint takes for the gateway's word (a claim, say).
    pub(super) fn field_edits(&self, mappings: &RequestMappings) -> FieldEdits {
        let source = self.source();
        let mut edits = FieldEdits::new();
        for (change, name) in &mappings.headers {
            match change {
                Change::Remove => edits.remove(name),
                Change::Overwrite(value) => match value.text(source) {
                    Some(value) => edits.set(name, field_value(&value)),
                    None => edits.remove(name),
                },
                Change::Append(value) => {
                    if let Some(value) = value.text(source) {
                        edits.append(name, field_value(&value));
                    }
                }
            }
        }
        edits
    }

    /// Refuses a request that would lead the mapped path out of where the mapping puts it.
    pub(super) fn check_path(&self, mappings: &RequestMappings) -> Result<(), GatewayError> {
        let source = self.source();
        let climbs = mappings.path.as_ref().is_some_and(|path| path.climbs_out(source));
        if climbs { Err(leads_out("overwrite:path")) } else { Ok(()) }
    }

    /// The path that is mapped, percent-encoded.
    pub(super) fn path(&self, mappings: &RequestMappings) -> Option<String> {
        mappings.path.as_ref()?.path(self.source())
    }

    /// A query with what is mapped to it.
    pub(super) fn query(&self, query: &str, mappings: &RequestMappings) -> String {
        let source = self.source();
        let is_changed = |piece: &str| {
            let name = target::decode_query(piece.split('=').next().unwrap_or_default());
            let goes =
                |(change, n): &(Change, String)| *n == name && !matches!(change, Change::Append(_));
            mappings.query.iter().any(goes)
        };
        let kept = query.split('&').filter(|piece| !piece.is_empty() && !is_changed(piece));
        let mut mapped = kept.collect::<Vec<_>>().join("&");
        for (change, name) in &mappings.query {
            let (Change::Overwrite(value) | Change::Append(value)) = change else { continue };
            let Some(value) = value.text(source) else { continue };
            if !mapped.is_empty() {
                mapped.push('&');
            }
            target::encode_query(name, &mut mapped);
            mapped.push('=');
            target::encode_query(&value, &mut mapped);
        }
        mapped
    }

    /// The request as a function is to see it.
    pub(super) fn mapped_request(&self, mappings: &RequestMappings) -> (Request, Context<'r>) {
        let (mut request, mut context) = (self.request.clone(), self.context.clone());
        self.field_edits(mappings).apply(&mut request.fields);
        context.raw_query = self.query(&context.raw_query, mappings).into();
        if let Some(path) = self.path(mappings) {
            context.path = path.into();
        }
        (request, context)
    }
}

/// The texts of values.
pub(super) enum Mapped {
    All(Vec<String>),
    /// The value of this index has nothing to stand for.
    Missing(usize),
}

/// The texts of values that all must be there.
pub(super) async fn mapped_values(
    values: &[&Value],
    call: MethodCall<'_>,
) -> Result<Mapped, GatewayError> {
    let reads_body = values.iter().any(|value| value.reads_body());
    let read = RequestSource::read(reads_body, call).await?;
    let source = read.source();
    let text = |value: &&Value| value.text(source).filter(|text| !text.is_empty());
    let texts: Vec<String> = values.iter().map_while(text).collect();
    Ok(if texts.len() == values.len() { Mapped::All(texts) } else { Mapped::Missing(texts.len()) })
}

/// Changes a response as its status is mapped. `endpoint` is what its fields are edits of.
pub(super) async fn map_response(
    mappings: &ResponseMappings,
    response: &mut Response,
    endpoint: &Fields,
    context: &Context<'_>,
    io: &Io,
) -> Result<(), GatewayError> {
    let Some(mappings) = mappings.of_status(response.status) else { return Ok(()) };
    let body = match (&response.content, mappings.reads_body()) {
        (_, false) | (Content::Empty, _) => Vec::new(),
        (Content::Bytes(bytes), _) => bytes.clone(),
        (Content::Held(content), _) => {
            let read = ReadContent { content: *content, bytes_max: PAYLOAD_BYTES_MAX };
            match io.perform(read).await {
                Ok(bytes) => bytes.0,
                // It is the endpoint's content that is too large, not the client's.
                Err(EffectError::TooLarge) => {
                    let reason = "the endpoint answered more than 10 MB".into();
                    let error = endpoint_failed(EffectError::Unavailable(reason), Protocol::Http);
                    return Err(error.with_status(500).with_message("Internal Server Error"));
                }
                Err(error) => return Err(endpoint_failed(error, Protocol::Http)),
            }
        }
    };
    let own = match &response.fields {
        OutgoingFields::Complete(fields) => Some(fields.clone()),
        OutgoingFields::Edited(_) => None,
    };
    let source = Source {
        fields: own.as_ref().unwrap_or(endpoint),
        body: &body,
        context,
        path_parameters: &[],
        now: io.now(),
    };
    for (change, name) in &mappings.headers {
        let fields = &mut response.fields;
        match change {
            Change::Remove => fields.remove(name),
            Change::Overwrite(value) => {
                if let Some(value) = value.text(source) {
                    fields.set(name, field_value(&value));
                }
            }
            Change::Append(value) => {
                if let Some(value) = value.text(source) {
                    fields.append(name, field_value(&value));
                }
            }
        }
    }
    let status = mappings.status.as_ref().and_then(|value| value.text(source));
    if let Some(status) = status.as_deref().and_then(status_code) {
        response.status = status;
    }
    Ok(())
}
