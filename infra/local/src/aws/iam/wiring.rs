//! What a deployment needs besides the roles' statements. SNS drops silently what it may not deliver, so a template
//! that forgets these permissions is refused at the start.

use super::{Caller, Context, Iam, Statement, via};
use crate::aws::datadir::OpenError;
use crate::aws::template::{Event, Queue, Subscription, Template};

const SNS: &str = "sns.amazonaws.com";

/// Checks queue policies, key policies and event sources.
pub(crate) fn check(template: &Template, iam: &Iam) -> Result<(), OpenError> {
    for subscription in &template.subscriptions {
        let queue = template.queue(&subscription.queue).ok_or_else(|| {
            OpenError::Wiring(format!("{}: there is no queue {}", subscription.logical, subscription.queue))
        })?;
        delivery(template, iam, subscription, queue)?;
    }
    for queue in &template.queues {
        if let Some(redrive) = &queue.redrive
            && template.queue(&redrive.queue).is_none()
        {
            return Err(OpenError::Wiring(format!(
                "{}: there is no dead-letter queue {}",
                queue.logical, redrive.queue
            )));
        }
    }
    for function in &template.functions {
        for event in &function.events {
            let known = match event {
                Event::Stream(source) => template
                    .tables
                    .iter()
                    .any(|table| table.stream.is_some() && table.stream_arn() == source.arn),
                Event::Queue(source) => template.queue(&source.arn).is_some(),
                Event::Http { .. } | Event::Schedule(_) => true,
            };
            if !known {
                return Err(OpenError::Wiring(format!(
                    "{}: an event source that is not in the template",
                    function.logical
                )));
            }
        }
    }
    Ok(())
}

fn delivery(
    template: &Template,
    iam: &Iam,
    subscription: &Subscription,
    queue: &Queue,
) -> Result<(), OpenError> {
    let context = Context::new().with("aws:SourceArn", vec![subscription.topic.clone()]);
    let covers = |statement: &Statement| {
        statement.principals.iter().any(|principal| principal == SNS || principal == "*")
            && statement.covers("sqs:SendMessage", &queue.arn, &iam.service, &context)
    };
    if !queue.policy.iter().any(|statement| statement.allow && covers(statement))
        || queue.policy.iter().any(|statement| !statement.allow && covers(statement))
    {
        return Err(OpenError::Wiring(format!(
            "{}: no queue policy lets {SNS} send from {} to {}",
            subscription.logical, subscription.topic, queue.logical
        )));
    }
    let Some(key) = queue.key.as_ref().and_then(|id| template.key(id)) else { return Ok(()) };
    let use_of_key =
        via("sqs", &[("aws:sqs:arn", &queue.arn)]).with("aws:SourceArn", vec![subscription.topic.clone()]);
    for action in ["kms:GenerateDataKey", "kms:Decrypt"] {
        iam.authorize_key(&Caller::Service(SNS), action, key, &use_of_key).map_err(|_| {
            OpenError::Wiring(format!(
                "{}: the policy of {} does not give {SNS} {action}, which the encrypted {} needs",
                subscription.logical, key.logical, queue.logical
            ))
        })?;
    }
    Ok(())
}
