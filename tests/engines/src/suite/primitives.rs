//! The few calls that everything else is made of, with the answers that the store builds on.

use platform::store::{
    Cancelled, StoreError, Write,
    item::{Item, NewItem, number, string},
    keys::{self, ItemKey},
    table::{Change, Query, Sort, Table, start_key_pairs},
};

use super::cases;
use crate::bench::Bench;

cases![
    a_refused_create_brings_the_item_that_is_there,
    a_refused_update_brings_the_item_as_it_stands,
    a_refused_update_of_nothing_brings_nothing,
    a_refused_check_names_its_place,
    a_cancelled_transaction_leaves_nothing_behind,
    a_change_answers_with_the_item_after_it,
    conditions_see_a_missing_attribute_as_neither_smaller_nor_larger,
    many_items_come_in_the_order_of_their_keys,
    a_partition_longer_than_a_page_is_read_to_its_end,
    pages_meet_without_gap_or_overlap,
    ranges_include_both_ends,
    every_kind_of_value_comes_back_as_it_was,
    a_hundred_writes_are_one_transaction,
    two_writes_of_one_item_are_refused,
    deleting_what_is_not_there_is_no_error,
];

fn key(bench: &Bench, name: &str) -> ItemKey {
    // A key as the product makes them, in a partition of this practice alone.
    ItemKey { sk: name.to_owned(), ..keys::practice(bench.practice) }
}

fn counter(bench: &Bench, name: &str, value: i64) -> Write {
    Write::Create(Table::Chat, NewItem::new(&key(bench, name)).with("attempts", number(value)).build())
}

fn raise(bench: &Bench, name: &str, from: i64) -> Change {
    Change::new(key(bench, name), "SET attempts = :new")
        .when("attempts = :old")
        .value(":old", number(from))
        .value(":new", number(from + 1))
}

async fn value(bench: &Bench, name: &str) -> Option<i64> {
    bench.store.get(&key(bench, name)).await.unwrap().map(|item| item.number("attempts").unwrap())
}

async fn a_refused_create_brings_the_item_that_is_there(bench: Bench) {
    bench.store.transact(vec![counter(&bench, "A", 7)]).await.unwrap().unwrap();
    let again = bench.store.transact(vec![counter(&bench, "B", 1), counter(&bench, "A", 8)]).await.unwrap();
    let Err(Cancelled::Condition(1, Some(item))) = again else { panic!("{again:?}") };
    let item = Item::from(*item);
    assert_eq!(item.number::<i64>("attempts").unwrap(), 7);
    assert_eq!(item.key().unwrap(), key(&bench, "A"), "with its key");
}

async fn a_refused_update_brings_the_item_as_it_stands(bench: Bench) {
    bench.store.transact(vec![counter(&bench, "A", 7)]).await.unwrap().unwrap();
    let writes = vec![counter(&bench, "B", 1), Write::Update(raise(&bench, "A", 3))];
    let refused = bench.store.transact(writes).await.unwrap();
    let Err(Cancelled::Condition(1, Some(item))) = refused else { panic!("{refused:?}") };
    assert_eq!(Item::from(*item).number::<i64>("attempts").unwrap(), 7);
}

async fn a_refused_update_of_nothing_brings_nothing(bench: Bench) {
    let refused = bench.store.transact(vec![Write::Update(raise(&bench, "A", 3))]).await.unwrap();
    assert!(matches!(refused, Err(Cancelled::Condition(0, None))), "{refused:?}");
}

async fn a_refused_check_names_its_place(bench: Bench) {
    let check = Change::new(key(&bench, "A"), "").when("attribute_exists(PK)");
    let refused = bench.store.transact(vec![counter(&bench, "B", 1), Write::Check(check)]).await.unwrap();
    assert!(matches!(refused, Err(Cancelled::Condition(1, None))), "{refused:?}");
    let both = vec![counter(&bench, "A", 1)];
    bench.store.transact(both).await.unwrap().unwrap();
    let check = Change::new(key(&bench, "A"), "").when("attempts = :one").value(":one", number(1));
    bench.store.transact(vec![counter(&bench, "B", 1), Write::Check(check)]).await.unwrap().unwrap();
}

async fn a_cancelled_transaction_leaves_nothing_behind(bench: Bench) {
    bench.store.transact(vec![counter(&bench, "A", 7), counter(&bench, "D", 1)]).await.unwrap().unwrap();
    let audit = NewItem::new(&key(&bench, "E")).build();
    let writes = vec![
        counter(&bench, "B", 1),
        Write::Replace(Table::MessageKeys, NewItem::new(&key(&bench, "K")).build()),
        Write::Delete(Table::Chat, key(&bench, "D")),
        Write::Create(Table::Audit, audit),
        Write::Update(raise(&bench, "A", 3)),
    ];
    assert!(matches!(bench.store.transact(writes).await.unwrap(), Err(Cancelled::Condition(4, Some(_)))));
    assert_eq!(value(&bench, "A").await, Some(7));
    assert_eq!(value(&bench, "B").await, None);
    assert_eq!(value(&bench, "D").await, Some(1), "a delete is taken back as well");
    assert!(bench.raw(Table::MessageKeys, &key(&bench, "K")).await.is_none());
    assert!(bench.raw(Table::Audit, &key(&bench, "E")).await.is_none());
}

async fn a_change_answers_with_the_item_after_it(bench: Bench) {
    bench.store.transact(vec![counter(&bench, "A", 7)]).await.unwrap().unwrap();
    let changed = bench.store.change(raise(&bench, "A", 7)).await.unwrap().expect("it held");
    assert_eq!(changed.number::<i64>("attempts").unwrap(), 8);
    assert_eq!(changed.key().unwrap(), key(&bench, "A"));
    assert!(bench.store.change(raise(&bench, "A", 7)).await.unwrap().is_none(), "it does not hold any more");
    // Without a condition the item comes into being.
    let add = Change::new(key(&bench, "N"), "ADD attempts :one").value(":one", number(1));
    let made = bench.store.change(add).await.unwrap().expect("no condition");
    assert_eq!((made.key().unwrap(), made.number::<i64>("attempts").unwrap()), (key(&bench, "N"), 1));
}

async fn conditions_see_a_missing_attribute_as_neither_smaller_nor_larger(bench: Bench) {
    bench.store.transact(vec![counter(&bench, "A", 7)]).await.unwrap().unwrap();
    for condition in [
        "seq < :n",
        "seq > :n",
        "seq = :n",
        "seq <= attempts",
        "attempts <= seq",
        "seq < :n AND attempts = :n",
    ] {
        let change = Change::new(key(&bench, "A"), "SET why = :n").when(condition).value(":n", number(7));
        assert!(bench.store.change(change).await.unwrap().is_none(), "{condition}");
    }
    for condition in
        ["attribute_not_exists(seq) OR seq < :n", "seq = :n OR (attempts = :n AND attribute_exists(PK))"]
    {
        let change = Change::new(key(&bench, "A"), "SET why = :n").when(condition).value(":n", number(7));
        assert!(bench.store.change(change).await.unwrap().is_some(), "{condition}");
    }
}

async fn many_items_come_in_the_order_of_their_keys(bench: Bench) {
    let names: Vec<String> = (0..230).map(|n| format!("N{n:03}")).collect();
    for chunk in names.chunks(100) {
        let writes = chunk.iter().map(|name| counter(&bench, name, name[1..].parse().unwrap()));
        bench.store.transact(writes.collect()).await.unwrap().unwrap();
    }
    // Backwards, each third one missing, some of them twice.
    let wanted: Vec<i64> = (0..230).rev().chain(100..110).collect();
    let asked = |n: &i64| {
        if n % 3 == 0 { key(&bench, &format!("missing{n}")) } else { key(&bench, &format!("N{n:03}")) }
    };
    let keys: Vec<ItemKey> = wanted.iter().map(asked).collect();
    let found = bench.store.get_many(&keys).await.unwrap();
    let found: Vec<Option<i64>> =
        found.into_iter().map(|item| item.map(|item| item.number("attempts").unwrap())).collect();
    let expected: Vec<Option<i64>> = wanted.iter().map(|n| (n % 3 != 0).then_some(*n)).collect();
    assert_eq!(found, expected);
    assert!(bench.store.get_many(&[]).await.unwrap().is_empty());
}

async fn fill(bench: &Bench, prefix: &str, count: usize, bytes: usize) {
    for n in 0..count {
        let item =
            NewItem::new(&key(bench, &format!("{prefix}{n:03}"))).with("why", string("x".repeat(bytes)));
        bench.raw_put(Table::Chat, item.build()).await;
    }
}

async fn a_partition_longer_than_a_page_is_read_to_its_end(bench: Bench) {
    // A page of an answer ends at one megabyte.
    fill(&bench, "LONG#", 30, 100_000).await;
    fill(&bench, "OTHER#", 2, 10).await;
    let partition = keys::practice(bench.practice).pk;
    let page = bench.store.query(Query::new(&partition, Sort::Prefix("LONG#"))).await.unwrap();
    assert!(page.next.is_some() && page.items.len() < 30, "one page holds {}", page.items.len());
    let all = bench.store.query_all(&partition, "LONG#").await.unwrap();
    let names: Vec<String> = all.iter().map(|item| item.key().unwrap().sk).collect();
    assert_eq!(names, (0..30).map(|n| format!("LONG#{n:03}")).collect::<Vec<_>>());
}

async fn pages_meet_without_gap_or_overlap(bench: Bench) {
    fill(&bench, "P#", 10, 10).await;
    let partition = keys::practice(bench.practice).pk;
    for ascending in [true, false] {
        let (mut names, mut start, mut pages) = (Vec::new(), None, 0);
        loop {
            let query =
                Query { ascending, limit: Some(3), start, ..Query::new(&partition, Sort::Prefix("P#")) };
            let page = bench.store.query(query).await.unwrap();
            names.extend(page.items.iter().map(|item| item.key().unwrap().sk));
            pages += 1;
            let Some(next) = page.next else { break };
            assert_eq!(start_key_pairs(&next).len(), 2, "a table's start key is the item's key");
            start = Some(next);
        }
        let mut expected: Vec<_> = (0..10).map(|n| format!("P#{n:03}")).collect();
        if !ascending {
            expected.reverse();
        }
        assert_eq!((names, pages), (expected, 4));
    }
}

async fn ranges_include_both_ends(bench: Bench) {
    fill(&bench, "R#", 10, 10).await;
    let partition = keys::practice(bench.practice).pk;
    let names = async |from: &str, to: &str| {
        let query = Query::new(&partition, Sort::Between(from.to_owned(), to.to_owned()));
        let items = bench.store.query(query).await.unwrap().items;
        items.iter().map(|item| item.key().unwrap().sk).collect::<Vec<_>>()
    };
    assert_eq!(names("R#003", "R#005").await, ["R#003", "R#004", "R#005"]);
    assert_eq!(names("R#007", "R#007").await, ["R#007"]);
    assert_eq!(names("R#0045", "R#0055").await, ["R#005"]);
    assert!(names("S", "T").await.is_empty());
}

async fn every_kind_of_value_comes_back_as_it_was(bench: Bench) {
    let text = "ñ 語 🙂 \u{1f} \"\\ ";
    let item = NewItem::new(&key(&bench, "V"))
        .with("text", string(text))
        .with("empty", string(""))
        .with("large", number(i64::MAX))
        .with("negative", number(-1))
        .with("bytes", platform::store::item::binary((0..=255).collect::<Vec<u8>>()))
        .with("no_bytes", platform::store::item::binary(Vec::new()))
        .build();
    assert!(bench.store.create(Table::Chat, item.clone()).await.unwrap());
    assert!(!bench.store.create(Table::Chat, item.clone()).await.unwrap(), "it is there");
    assert_eq!(bench.raw(Table::Chat, &key(&bench, "V")).await.unwrap(), item);
    let read = bench.store.get(&key(&bench, "V")).await.unwrap().unwrap();
    assert_eq!(read.text("text").unwrap(), text);
    assert_eq!((read.text("empty").unwrap(), read.bytes("no_bytes").unwrap()), ("", [].as_slice()));
    assert_eq!((read.number("large").unwrap(), read.number("negative").unwrap()), (i64::MAX, -1_i64));
    assert_eq!(read.bytes("bytes").unwrap(), (0..=255).collect::<Vec<u8>>());
}

async fn a_hundred_writes_are_one_transaction(bench: Bench) {
    let writes =
        |count: usize| (0..count).map(|n| counter(&bench, &format!("W{n:03}"), 1)).collect::<Vec<_>>();
    assert!(
        matches!(bench.store.transact(writes(101)).await, Err(StoreError::Refused(_))),
        "a hundred is the most"
    );
    assert_eq!(value(&bench, "W000").await, None);
    bench.store.transact(writes(100)).await.unwrap().unwrap();
    assert_eq!(value(&bench, "W099").await, Some(1));
}

async fn two_writes_of_one_item_are_refused(bench: Bench) {
    let twice = vec![counter(&bench, "A", 1), Write::Delete(Table::Chat, key(&bench, "A"))];
    assert!(matches!(bench.store.transact(twice).await, Err(StoreError::Refused(_))));
    assert_eq!(value(&bench, "A").await, None);
}

async fn deleting_what_is_not_there_is_no_error(bench: Bench) {
    bench.store.delete(&key(&bench, "nothing")).await.unwrap();
    let writes = vec![Write::Delete(Table::Chat, key(&bench, "nothing")), counter(&bench, "A", 1)];
    bench.store.transact(writes).await.unwrap().unwrap();
    assert_eq!(value(&bench, "A").await, Some(1));
}
