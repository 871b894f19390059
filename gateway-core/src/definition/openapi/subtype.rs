//! Integrations of HTTP APIs with AWS services (`integrationSubtype`).

use alloc::format;

use super::super::DefinitionError;
use super::super::document::At;
use super::reading::Reading;
use super::suggest::did_you_mean;
use super::unsupported::Feature;

/// Checks a service integration as AWS does; none is supported yet.
pub(super) fn refuse<'d>(reading: &Reading<'d>, integration: &At<'d>, name: &At<'d>) {
    if reading.is_rest() {
        return reading.error(name, "a REST API has no `integrationSubtype`; use type `aws`");
    }
    let Some(text) = reading.string(name) else { return };
    let Some((_, required)) = SUBTYPES.iter().find(|(known, _)| *known == text) else {
        let message = format!("there is no service integration `{text}`");
        let help = did_you_mean(text, SUBTYPES.iter().map(|(known, _)| *known));
        return reading
            .note(DefinitionError { help, ..DefinitionError::error(name.source(), message) });
    };
    let parameters = integration.get("requestParameters");
    for parameter in *required {
        if parameters.as_ref().and_then(|at| at.get(parameter)).is_none() {
            let message = format!("`{text}` needs the required request parameter `{parameter}`");
            reading.error(parameters.as_ref().unwrap_or(integration), message);
        }
    }
    reading.unsupported(name, Feature::ServiceIntegrations);
}

/// "Integration subtype reference": the required parameters of each.
const SUBTYPES: [(&str, &[&str]); 10] = [
    ("EventBridge-PutEvents", &["Detail", "DetailType", "Source"]),
    ("SQS-SendMessage", &["QueueUrl", "MessageBody"]),
    ("SQS-ReceiveMessage", &["QueueUrl"]),
    ("SQS-DeleteMessage", &["QueueUrl", "ReceiptHandle"]),
    ("SQS-PurgeQueue", &["QueueUrl"]),
    ("AppConfig-GetConfiguration", &["Application", "Environment", "Configuration", "ClientId"]),
    ("Kinesis-PutRecord", &["StreamName", "Data", "PartitionKey"]),
    ("StepFunctions-StartExecution", &["StateMachineArn"]),
    ("StepFunctions-StartSyncExecution", &["StateMachineArn"]),
    ("StepFunctions-StopExecution", &["ExecutionArn"]),
];
