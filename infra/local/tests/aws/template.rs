//! What the template's functions come to.

use std::collections::BTreeMap;

use local::aws::template::{Event, Projection, Template, TemplateError};

use crate::support::{Bench, TEMPLATE, parameters};

const SMALL: &str = r#"
Parameters:
  Name: { Type: String, Default: chat }
  Size: { Type: Number }
  Mode: { Type: String, Default: "off", AllowedValues: ["off", sns] }
Mappings:
  Regions: { us-east-1: { Zone: a } }
Conditions:
  IsOn: !Equals [!Ref Mode, sns]
  Both: !And [!Condition IsOn, !Not [!Equals [!Ref Size, 7]]]
  Either: !Or [!Condition IsOn, !Equals [!Ref Size, 7]]
Globals:
  Function:
    Timeout: 9
    Environment: { Variables: { SHARED: global, OWN: global } }
Resources:
  Queue: { Type: "AWS::SQS::Queue", Properties: { QueueName: !Sub "${Name}-queue", DelaySeconds: 5 } }
  Topic: { Type: "AWS::SNS::Topic" }
  Skipped: { Type: "AWS::SNS::Topic", Condition: Both }
  F:
    Type: AWS::Serverless::Function
    Properties:
      Environment:
        Variables:
          OWN: function
          QUEUE: !Ref Queue
          QUEUE_ARN: !GetAtt Queue.Arn
          LONG_FORM: { "Fn::GetAtt": [Queue, QueueName] }
          TOPIC: !Ref Topic
          SUB: !Sub "${AWS::Region}/${AWS::AccountId}/${Size}/${!Literal}/${Queue.Arn}"
          SUB_MAP: !Sub ["${A}-${Name}", { A: !Ref Size }]
          JOIN: !Join [",", [a, !If [IsOn, b, !Ref "AWS::NoValue"], c]]
          IF: !If [Either, yes, no]
          SELECT: !Select [1, !Split ["@", "me@host"]]
          MAP: !FindInMap [Regions, !Ref "AWS::Region", Zone]
          GONE: !If [Both, there, !Ref "AWS::NoValue"]
"#;

fn read(text: &str, parameters: &[(&str, &str)]) -> Result<Template, TemplateError> {
    let parameters =
        parameters.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Template::parse(text, &parameters)
}

#[test]
fn intrinsic_functions() {
    let template = read(SMALL, &[("Size", "7")]).unwrap();
    let function = template.function("F").unwrap();
    let arn = "arn:aws:sqs:us-east-1:000000000000:chat-queue";
    let expected: BTreeMap<String, String> = [
        ("SHARED", "global"),
        ("OWN", "function"),
        ("QUEUE", "https://sqs.us-east-1.amazonaws.com/000000000000/chat-queue"),
        ("QUEUE_ARN", arn),
        ("LONG_FORM", "chat-queue"),
        ("TOPIC", "arn:aws:sns:us-east-1:000000000000:local-Topic"),
        ("SUB", &format!("us-east-1/000000000000/7/${{Literal}}/{arn}")),
        ("SUB_MAP", "7-chat"),
        ("JOIN", "a,c"),
        ("IF", "yes"),
        ("SELECT", "host"),
        ("MAP", "a"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    assert_eq!(function.environment, expected);
    assert_eq!(function.timeout_seconds, 9);
    assert_eq!(template.topics.len(), 1, "a resource whose condition does not hold is not there");
    assert_eq!(template.queues[0].delay_seconds, 5);
    let on = read(SMALL, &[("Size", "8"), ("Mode", "sns")]).unwrap();
    assert_eq!(on.topics.len(), 2);
    assert_eq!(on.function("F").unwrap().environment["JOIN"], "a,b,c");
}

#[test]
fn what_is_wrong_is_named() {
    let error = |text: &str, parameters: &[(&str, &str)]| read(text, parameters).unwrap_err().to_string();
    assert!(error(SMALL, &[]).contains("the parameter Size has no default"));
    assert!(error(SMALL, &[("Size", "1"), ("Sise", "1")]).contains("there is no parameter Sise"));
    assert!(error(SMALL, &[("Size", "1"), ("Mode", "maybe")]).contains("Mode is not allowed"));
    assert!(error(&SMALL.replace("!Ref Topic", "!Ref Tropic"), &[("Size", "1")]).contains("Tropic"));
    assert!(error(&SMALL.replace("!Ref Topic", "!Reef Topic"), &[("Size", "1")]).contains("!Reef"));
    assert!(error(&SMALL.replace("!If [Either", "!If [Neither"), &[("Size", "1")]).contains("Neither"));
    assert!(error("a: [", &[]).starts_with("template.yaml: "));
}

#[test]
fn the_repositorys_template() {
    let template = Template::parse(TEMPLATE, &parameters()).unwrap();
    assert_eq!(template.tables.len(), 3);
    let chat = template.table("ChatTable").unwrap();
    assert_eq!(chat.keys, ["PK", "SK"]);
    assert_eq!(chat.ttl.as_deref(), Some("ttl"));
    assert_eq!(chat.stream.as_deref(), Some("KEYS_ONLY"));
    let due = chat.indexes.iter().find(|index| index.name == "due").unwrap();
    assert_eq!(due.projection, Projection::Keys);
    assert!(template.tables.iter().all(|table| table.key.is_some()));
    let notify = template.function("NotifyFunction").unwrap();
    let queue = notify.events.iter().find_map(|event| match event {
        Event::Queue(source) => Some(source),
        _ => None,
    });
    assert!(queue.unwrap().report_failures);
    let relay = template.function("RelayFunction").unwrap();
    let stream = relay.events.iter().find_map(|event| match event {
        Event::Stream(source) => Some(source),
        _ => None,
    });
    assert_eq!((stream.unwrap().max_retries, stream.unwrap().filters.len()), (Some(5), 1));
    assert_eq!(notify.environment["MAIL_CONFIGURATION_SET"], "local-MailConfigurationSet");
    assert_eq!(Bench::new().aws.environment("RelayFunction"), relay.environment);
    assert!(Bench::new().aws.environment("NoFunction").is_empty());
}

#[test]
fn text_messages_are_a_condition() {
    let mut parameters = parameters();
    let sids = |parameters: &BTreeMap<String, String>| {
        let template = Template::parse(TEMPLATE, parameters).unwrap();
        let notify = template.function("NotifyFunction").unwrap();
        notify.role.policies.iter().map(|statement| statement.sid.clone()).collect::<Vec<_>>()
    };
    assert!(sids(&parameters).contains(&"NotifySendsSms".to_owned()));
    parameters.insert("SmsBackend".to_owned(), "off".to_owned());
    assert!(!sids(&parameters).contains(&"NotifySendsSms".to_owned()));
}
