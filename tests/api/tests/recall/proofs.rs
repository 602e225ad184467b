//! What is left of a recalled message, and for whom.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use domain::{
    audit::{ActorId, Verb},
    id::{ConversationId, EvidenceId},
    practice::Policies,
};
use platform::{
    keys::{KeyScope, Keys},
    seal::{MessageContext, MessageSecret, open_message},
    sealing::FieldSealer,
    store::{
        evidence::open_evidence,
        item::{Item, binary, string},
        keys,
    },
};
use serde_json::{Value, json};

use crate::support::{Scene, WRONG, because, row, wrong_patient};

fn kept_item(evidence: &Value) -> Item {
    let attributes = evidence.as_object().unwrap().iter().filter_map(|(name, value)| {
        let value = match (value["S"].as_str(), value["B"].as_str()) {
            (Some(text), _) => string(text),
            (_, Some(bytes)) => binary(STANDARD.decode(bytes).unwrap()),
            _ => return None,
        };
        Some((name.clone(), value))
    });
    Item::from(attributes.collect::<platform::store::item::Attributes>())
}

#[tokio::test]
async fn what_is_kept_opens_for_an_auditor_and_not_for_the_messages_function() {
    let mut scene = Scene::start(240).await;
    let seq = scene.writes(WRONG).await;
    let read_at = scene.world.clock.now();
    scene.page().await;
    let note = "It was meant for JOHN-CARTER-PRIVATE.";
    let body = json!({"reason": "wrong_patient", "note": note});
    let path = scene.recall(seq);
    let answer = scene.ana.post(&path, body).await.expect(200).json();
    let world = scene.world.clone();
    let id = EvidenceId::parse(answer["evidence_id"].as_str().unwrap()).unwrap();
    let practice = world.demo.id;
    let pk = keys::evidence(practice, id).pk;
    let audit = world.aws.items("AuditTable").await;
    let evidence = audit.iter().find(|item| item["PK"]["S"] == pk.as_str()).unwrap();
    for (name, wanted) in [
        ("reason", "wrong_patient"),
        ("recalled_by", &world.demo.staff["ana"].to_string()),
        ("opened_by", &world.demo.patients["maria"].account.unwrap().to_string()),
        ("patient", &world.demo.patients["maria"].id.to_string()),
    ] {
        assert_eq!(evidence[name]["S"], wanted, "{name}");
    }
    let everything =
        json!([audit, world.aws.items("ChatTable").await, world.aws.items("MessageKeysTable").await]);
    let everything = everything.to_string();
    for words in [WRONG, "JOHN-CARTER", &STANDARD.encode(WRONG)] {
        assert!(!everything.contains(words), "{words} lies open");
    }

    // The audit event: reason, evidence, account, session and time of the first opening.
    let told = audit.iter().find(|item| item["verb"]["S"] == Verb::MessageRecalled.as_str()).unwrap();
    let account = world.demo.patients["maria"].account.unwrap();
    let session = answer["opened"]["session"].as_str().unwrap();
    assert_eq!(told["object"]["S"], format!("wrong_patient,{id},{account},{session},{read_at}"));
    assert_eq!((&told["first_seq"]["N"], &told["last_seq"]["N"]), (&json!("1"), &json!("2")));

    // The key: refused to every function that there is, opened by an administrator.
    let conversation = ConversationId::parse(scene.own.rsplit('/').next().unwrap()).unwrap();
    let scope = KeyScope::of_evidence(practice, world.demo.patients["maria"].id, conversation);
    let wrapped = STANDARD.decode(evidence["wrapped_key"]["B"].as_str().unwrap()).unwrap();
    let key_arn = world.aws.environment("MessagesFunction")["ENVELOPE_KEY_ARN"].clone();
    let unwrap = async |caller: &str| {
        let kms = aws_sdk_kms::Client::new(&world.aws.sdk_config(caller));
        Keys::new(kms, &key_arn, world.clock.clone()).unwrap(scope, &wrapped).await
    };
    let callers = ["MessagesFunction", "LoginFunction", "RosterFunction", "NotifyFunction", "OperatorRole"];
    for caller in callers {
        assert!(unwrap(caller).await.is_err(), "{caller} opens evidence");
    }
    let key = unwrap("admin").await.unwrap();
    let sealer = FieldSealer::new(practice, key, world.operator.entropy.clone());
    let kept = open_evidence(&kept_item(evidence), &sealer).unwrap();
    assert_eq!((kept.text.as_deref(), kept.note.as_deref()), (Some(WRONG), Some(note)));
    // Moved to another place it opens nowhere.
    let mut moved = evidence.clone();
    moved["PK"]["S"] = json!(keys::evidence(practice, EvidenceId::new(read_at, [1; 10])).pk);
    assert!(open_evidence(&kept_item(&moved), &sealer).is_err());
    row("R3", "functions that unwrap the key of what was kept", &format!("0 of {}", callers.len()));
}

#[tokio::test]
async fn evidence_is_neither_read_again_nor_changed_by_who_made_it() {
    let mut scene = Scene::start(241).await;
    let seq = scene.writes(WRONG).await;
    let answer = scene.recalls(seq).await.expect(200).json();
    let id = EvidenceId::parse(answer["evidence_id"].as_str().unwrap()).unwrap();
    let world = scene.world;
    let key = keys::evidence(world.demo.id, id);
    let dynamodb = aws_sdk_dynamodb::Client::new(&world.aws.sdk_config("MessagesFunction"));
    let table = world.aws.environment("MessagesFunction")["AUDIT_TABLE"].clone();
    let (pk, sk) = (string(&key.pk), string(&key.sk));
    let get = dynamodb.get_item().table_name(&table).key("PK", pk.clone()).key("SK", sk.clone()).send().await;
    let delete = dynamodb.delete_item().table_name(&table).key("PK", pk).key("SK", sk).send().await;
    assert!(get.is_err() && delete.is_err());
}

/// Opens every stored message of a conversation with its content key and the secrets that are there.
fn opens(
    chat: &[Value],
    secrets: &[Value],
    key: &platform::seal::Key,
    practice: &str,
    conversation: &str,
) -> Vec<String> {
    let partition = format!("CONV#{practice}#{conversation}");
    let mut texts = Vec::new();
    for item in chat.iter().filter(|item| item["PK"]["S"] == partition.as_str()) {
        let Some(sealed) = item["sealed"]["B"].as_str() else { continue };
        let text = |name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
        let (message, sender, kind) = (text("msg_id"), text("sender"), text("msg_kind"));
        let Some(seq) = text("SK").strip_prefix("MSG#").and_then(|n| n.parse().ok()) else { continue };
        let at = domain::id::MessageId::parse(&message).unwrap().at().as_millis();
        let context = MessageContext {
            practice,
            conversation,
            seq,
            message: &message,
            sender: &sender,
            kind: &kind,
            created_at_ms: at,
        };
        // Every secret of the dump, not only the one of its place.
        for secret in secrets {
            let bytes = STANDARD.decode(secret["secret"]["B"].as_str().unwrap()).unwrap();
            let secret = MessageSecret::from_bytes(bytes.try_into().unwrap());
            if let Ok(plain) = open_message(key, &secret, &context, &STANDARD.decode(sealed).unwrap()) {
                texts.push(plain.as_str().unwrap().to_owned());
            }
        }
    }
    texts
}

#[tokio::test]
async fn after_a_shred_nothing_opens_it_not_even_a_backup_of_the_messages() {
    let mut scene = Scene::start(242).await;
    let world = scene.world.clone();
    let policies = Policies { shred_unopened: true, ..Policies::demonstration(50) };
    world.set_policies(&world.demo, policies).await;
    scene.writes("This one stays.").await;
    let seq = scene.writes(WRONG).await;
    let path = scene.recall(seq);
    let shred = json!({"reason": "wrong_patient", "keeping": "shred", "note": WRONG});
    assert_eq!(scene.ana.post(&path, shred.clone()).await.expect(409).problem(), "not-shredded");

    let practice = world.demo.id.to_string();
    let conversation = scene.own.rsplit('/').next().unwrap().to_owned();
    let id = ConversationId::parse(&conversation).unwrap();
    let head = world.operator.store.head(world.demo.id, id).await.unwrap().unwrap();
    let key_arn = world.aws.environment("MessagesFunction")["ENVELOPE_KEY_ARN"].clone();
    let kms = aws_sdk_kms::Client::new(&world.aws.sdk_config("admin"));
    let scope = KeyScope::of_conversation(world.demo.id, head.patient, id);
    let key = Keys::new(kms, &key_arn, world.clock.clone()).unwrap(scope, &head.wrapped_key).await.unwrap();
    let backup = world.aws.items("ChatTable").await;
    let secrets = world.aws.items("MessageKeysTable").await;
    let before = opens(&backup, &secrets, &key, &practice, &conversation);
    assert!(before.iter().any(|text| text.contains(WRONG)), "the search finds what is there");

    let mut max = world.signed_in(&world.demo, "max").await;
    let answer = max.post(&path, shred).await.expect(200).json();
    assert_eq!((&answer["evidence_id"], &answer["opened"]), (&Value::Null, &Value::Null));
    let (chat, secrets, audit) = (
        world.aws.items("ChatTable").await,
        world.aws.items("MessageKeysTable").await,
        world.aws.items("AuditTable").await,
    );
    let with = |dump: &[Value]| {
        let texts = opens(dump, &secrets, &key, &practice, &conversation);
        assert!(texts.iter().any(|text| text.contains("This one stays.")));
        texts.iter().filter(|text| text.contains(WRONG)).count()
    };
    let (now, restored) = (with(&chat), with(&backup));
    assert!(!audit.iter().any(|item| item["PK"]["S"].as_str().unwrap().starts_with("EVIDENCE#")));
    // Nothing is left that would prove a guess, either: no keyed hash of the text.
    let hash = platform::secrets::blind_index(&key, WRONG);
    assert!(json!(backup).to_string().contains(&hash) && !json!(chat).to_string().contains(&hash));
    row(
        "R4",
        "shredded texts that content key and full dump open, and with a backup of the messages",
        &format!("{now}, {restored}"),
    );
    assert_eq!((now, restored), (0, 0));
}

#[tokio::test]
async fn a_restored_secret_brings_nothing_back() {
    let mut scene = Scene::start(243).await;
    let world = scene.world.clone();
    let seq = scene.writes(WRONG).await;
    let secrets = world.aws.items("MessageKeysTable").await;
    scene.recalls(seq).await.expect(200);
    for item in secrets {
        let secret = STANDARD.decode(item["secret"]["B"].as_str().unwrap()).unwrap();
        let key = keys::ItemKey {
            pk: item["PK"]["S"].as_str().unwrap().to_owned(),
            sk: item["SK"]["S"].as_str().unwrap().to_owned(),
        };
        let item = platform::store::item::NewItem::new(&key).with("secret", binary(secret)).build();
        let table = platform::store::table::Table::MessageKeys;
        assert!(world.operator.store.create(table, item).await.unwrap());
    }
    let page = scene.page().await;
    assert_eq!((&page["items"][0]["state"], &page["items"][0]["body"]), (&json!("recalled"), &Value::Null));
    let audit = world.aws.items("AuditTable").await;
    assert!(!audit.iter().any(|item| item["verb"]["S"] == "message_unreadable"), "that is no defect");
}

#[tokio::test]
async fn a_message_that_does_not_open_is_recalled_all_the_same() {
    let mut scene = Scene::start(244).await;
    let world = scene.world.clone();
    let seq = scene.writes(WRONG).await;
    let id = ConversationId::parse(scene.own.rsplit('/').next().unwrap()).unwrap();
    let change =
        platform::store::table::Change::new(keys::message(world.demo.id, id, seq), "SET sealed = :other");
    world.operator.store.change(change.value(":other", binary(vec![1, 1, 2]))).await.unwrap().unwrap();
    let answer = scene.recalls(seq).await.expect(200).json();
    assert!(answer["evidence_id"].is_string());
    assert_eq!(scene.page().await["items"][0]["state"], "recalled");
}

#[tokio::test]
async fn the_acts_that_are_recorded_say_who_did_them() {
    let mut scene = Scene::start(245).await;
    let seq = scene.writes(WRONG).await;
    let path = scene.recall(seq);
    scene.ana.post(&path, because("undo")).await.expect(200);
    scene.ana.post(&path, wrong_patient()).await.expect(200);
    let world = scene.world;
    let audit = world.aws.items("AuditTable").await;
    let told: Vec<_> = audit.iter().filter(|item| item["verb"]["S"] == "message_recalled").collect();
    assert_eq!(told.len(), 1, "the second has done nothing");
    let ana = ActorId::Staff(world.demo.staff["ana"]);
    assert_eq!(told[0]["actor"]["S"], ana.to_string());
    assert!(told[0]["object"]["S"].as_str().unwrap().ends_with(",unopened"));
}
