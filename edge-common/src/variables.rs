//! What the environment says, by names that both hosts know.

/// Where variables and secrets are looked up; one that is empty is none.
pub type Variables<'v> = dyn Fn(&str) -> Option<String> + 'v;

/// The part of a variable's name that stands for a function, a VPC link, a service or a host.
pub fn variable_name(name: &str) -> String {
    name.chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' })
        .collect()
}

/// Where an AWS service is reached: `AWS_ENDPOINT_URL_{SERVICE}`, else `AWS_ENDPOINT_URL`.
/// AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
pub fn endpoint(variables: &Variables<'_>, service: &str) -> Option<String> {
    variables(&format!("AWS_ENDPOINT_URL_{service}")).or_else(|| variables("AWS_ENDPOINT_URL"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_of_a_service_comes_before_that_of_all() {
        let variables = |name: &str| match name {
            "AWS_ENDPOINT_URL_SQS" => Some("http://sqs".to_owned()),
            "AWS_ENDPOINT_URL" => Some("http://all".to_owned()),
            _ => None,
        };
        assert_eq!(endpoint(&variables, "SQS").as_deref(), Some("http://sqs"));
        assert_eq!(endpoint(&variables, "SNS").as_deref(), Some("http://all"));
        assert_eq!(endpoint(&|_: &str| None, "SNS"), None);
        assert_eq!(variable_name("orders.internal-1"), "ORDERS_INTERNAL_1");
    }
}
