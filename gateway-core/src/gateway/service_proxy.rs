//! First-class integrations of HTTP APIs with services of AWS (`integrationSubtype`).
//!
//! "Integration subtype reference".

use alloc::{format, string::String, vec::Vec};

use super::integration::{IntegrationPlan, timeout_ms};
use super::parameter_mapping::{MappingError, Side, Value};
use super::uri::fill_stage_variables;
use crate::definition::{Api, Method, Stage};

/// An integration with an action of a service.
#[derive(Debug)]
pub(crate) struct ServiceProxy {
    pub(crate) action: &'static Action,
    /// The action's parameters, in the order of [`Action::parameters`].
    pub(crate) parameters: Vec<(Parameter, Value)>,
    /// `None` is the API's own.
    pub(crate) region: Option<Value>,
    pub(crate) credentials: Option<String>,
    pub(crate) timeout_ms: u32,
}

/// An action, as an `integrationSubtype` names it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Action {
    /// `SQS-SendMessage`
    pub(crate) subtype: &'static str,
    /// What the service's host begins with.
    pub(crate) service: &'static str,
    pub(crate) protocol: ServiceProtocol,
    required: &'static [Parameter],
    optional: &'static [Parameter],
}

/// What a service speaks.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ServiceProtocol {
    /// The query protocol: a form with this `Version`.
    Query(&'static str),
    /// AWS JSON with this `X-Amz-Target` before the action's name, in this version.
    Json(&'static str, &'static str),
    /// GetConfiguration of AppConfig, a path and a query.
    AppConfig,
}

/// A parameter of an action: its name in the definition, and what it is to the service.
pub(crate) type Parameter = (&'static str, Kind);

/// What becomes of a parameter's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    /// The queue that the request is for.
    QueueUrl,
    /// Message attributes, as a JSON object.
    Attributes,
    /// A JSON array of texts, or one text.
    Texts,
    /// A point in time.
    Time,
}

impl Action {
    /// The action of this subtype.
    pub(crate) fn find(subtype: &str) -> Option<&'static Self> {
        ACTIONS.iter().find(|action| action.subtype == subtype)
    }

    /// The names of all subtypes.
    pub(crate) fn subtypes() -> impl Iterator<Item = &'static str> {
        ACTIONS.iter().map(|action| action.subtype)
    }

    /// Its name at the service: `SendMessage`.
    pub(crate) fn name(&self) -> &'static str {
        self.subtype.split_once('-').map_or(self.subtype, |(_, name)| name)
    }

    /// The names of the parameters that it must be given.
    pub(crate) fn required(&self) -> impl Iterator<Item = &'static str> {
        self.required.iter().map(|(name, _)| *name)
    }

    /// The names of all its parameters.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &'static str> {
        self.all().map(|(name, _)| name).chain([REGION])
    }

    fn all(&self) -> impl Iterator<Item = Parameter> {
        self.required.iter().chain(self.optional).copied()
    }
}

impl ServiceProxy {
    /// The error says what is wrong with the definition.
    pub(super) fn compile(
        api: &Api,
        stage: &Stage,
        method: &Method,
        subtype: &str,
    ) -> Result<IntegrationPlan, String> {
        let integration = &method.integration;
        let Some(action) = Action::find(subtype) else {
            return Err(format!("there is no service integration `{subtype}`"));
        };
        let given = &integration.request_parameters;
        let value = |name: &str| {
            let (_, text) = given.iter().find(|(n, _)| n == name)?;
            Some(Value::parse(text, Side::Request, &stage.variables).map_err(|error| match error {
                MappingError::Target(reason) | MappingError::Value(reason) => reason,
            }))
        };
        if let Some(missing) = action.required().find(|name| given.iter().all(|(n, _)| n != name)) {
            return Err(format!("`{subtype}` needs the required request parameter `{missing}`"));
        }
        let parameters = action
            .all()
            .filter_map(|parameter| Some(value(parameter.0)?.map(|value| (parameter, value))));
        Ok(IntegrationPlan::ServiceProxy(Self {
            action,
            parameters: parameters.collect::<Result<_, _>>()?,
            region: value(REGION).transpose()?,
            credentials: (integration.credentials.as_ref())
                .map(|role| fill_stage_variables(role, &stage.variables)),
            timeout_ms: timeout_ms(api.protocol, integration),
        }))
    }
}

/// The parameter that every action has.
const REGION: &str = "Region";

const fn text(name: &'static str) -> Parameter {
    (name, Kind::Text)
}

const QUEUE_URL: Parameter = ("QueueUrl", Kind::QueueUrl);
const SQS: ServiceProtocol = ServiceProtocol::Query("2012-11-05");
const STEP_FUNCTIONS: ServiceProtocol = ServiceProtocol::Json("AWSStepFunctions", "1.0");

const ACTIONS: [Action; 10] = [
    Action {
        subtype: "EventBridge-PutEvents",
        service: "events",
        protocol: ServiceProtocol::Json("AWSEvents", "1.1"),
        required: &[text("Detail"), text("DetailType"), text("Source")],
        optional: &[
            ("Time", Kind::Time),
            text("EventBusName"),
            ("Resources", Kind::Texts),
            text("TraceHeader"),
        ],
    },
    Action {
        subtype: "SQS-SendMessage",
        service: "sqs",
        protocol: SQS,
        required: &[QUEUE_URL, text("MessageBody")],
        optional: &[
            text("DelaySeconds"),
            ("MessageAttributes", Kind::Attributes),
            text("MessageDeduplicationId"),
            text("MessageGroupId"),
            ("MessageSystemAttributes", Kind::Attributes),
        ],
    },
    Action {
        subtype: "SQS-ReceiveMessage",
        service: "sqs",
        protocol: SQS,
        required: &[QUEUE_URL],
        optional: &[
            ("AttributeNames", Kind::Texts),
            text("MaxNumberOfMessages"),
            ("MessageAttributeNames", Kind::Texts),
            text("ReceiveRequestAttemptId"),
            text("VisibilityTimeout"),
            text("WaitTimeSeconds"),
        ],
    },
    Action {
        subtype: "SQS-DeleteMessage",
        service: "sqs",
        protocol: SQS,
        required: &[QUEUE_URL, text("ReceiptHandle")],
        optional: &[],
    },
    Action {
        subtype: "SQS-PurgeQueue",
        service: "sqs",
        protocol: SQS,
        required: &[QUEUE_URL],
        optional: &[],
    },
    Action {
        subtype: "AppConfig-GetConfiguration",
        service: "appconfig",
        protocol: ServiceProtocol::AppConfig,
        required: &[
            text("Application"),
            text("Environment"),
            text("Configuration"),
            text("ClientId"),
        ],
        optional: &[text("ClientConfigurationVersion")],
    },
    Action {
        subtype: "Kinesis-PutRecord",
        service: "kinesis",
        protocol: ServiceProtocol::Json("Kinesis_20131202", "1.1"),
        required: &[text("StreamName"), text("Data"), text("PartitionKey")],
        optional: &[text("SequenceNumberForOrdering"), text("ExplicitHashKey")],
    },
    Action {
        subtype: "StepFunctions-StartExecution",
        service: "states",
        protocol: STEP_FUNCTIONS,
        required: &[text("StateMachineArn")],
        optional: &[text("Name"), text("Input")],
    },
    Action {
        subtype: "StepFunctions-StartSyncExecution",
        service: "sync-states",
        protocol: STEP_FUNCTIONS,
        required: &[text("StateMachineArn")],
        optional: &[text("Name"), text("Input"), text("TraceHeader")],
    },
    Action {
        subtype: "StepFunctions-StopExecution",
        service: "states",
        protocol: STEP_FUNCTIONS,
        required: &[text("ExecutionArn")],
        optional: &[text("Cause"), text("Error")],
    },
];
