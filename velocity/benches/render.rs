//! What a mapping template costs: 20 lines with a loop, as they are written for API Gateway. The answer is checked.
#![allow(missing_docs)] // criterion's macros make public items

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use velocity::{Bounds, Dialect, List, Map, Notation, Scope, Template, Value};

const TEMPLATE: &str = r##"#set($order = $input.order)
#set($total = 0)
{
  "id": "$order.id",
  "city": "$!order.customer.address.city",
  #if($order.express == true)
  "priority": "high",
  #else
  "priority": "normal",
  #end
  "lines": [
#foreach($line in $order.lines)
    #set($price = $line.price * $line.count)
    #set($total = $total + $price)
    {"sku": "$line.sku", "count": $line.count, "price": $price}#if($foreach.hasNext),#end

#end
  ],
  "note": "$order.note.replaceAll("'", "")", "total": $total
}
"##;

const EXPECTED: &str = r#"{
  "id": "o-1",
  "city": "",
    "priority": "normal",
    "lines": [
    {"sku": "a", "count": 2, "price": 10},
    {"sku": "b", "count": 1, "price": 7},
    {"sku": "c", "count": 3, "price": 9}
  ],
  "note": "dont ring", "total": 26
}
"#;

fn map<const N: usize>(entries: [(&str, Value); N]) -> Value {
    let entries = entries.map(|(name, value)| (name.into(), value));
    Value::Map(Map::from_entries(entries))
}

fn scope() -> Scope {
    let line = |sku: &str, count: i32, price: i32| {
        map([("sku", sku.into()), ("count", count.into()), ("price", price.into())])
    };
    let lines = vec![line("a", 2, 5), line("b", 1, 7), line("c", 3, 3)];
    let order = map([
        ("id", "o-1".into()),
        ("customer", map([("name", "Ann".into())])),
        ("express", false.into()),
        ("lines", Value::List(List::new(lines, Notation::Json))),
        ("note", "don't ring".into()),
    ]);
    let mut scope = Scope::new();
    scope.set("input", map([("order", order)]));
    scope
}

fn render(criterion: &mut Criterion) {
    assert_eq!(TEMPLATE.lines().count(), 20);
    let template = Template::parse(TEMPLATE, Dialect::ApiGateway).expect("it is a template");
    let (scope, bounds) = (scope(), Bounds::default());
    let rendered = || template.render(black_box(&scope), &bounds).expect("it renders");
    assert_eq!(rendered(), EXPECTED);
    criterion.bench_function("render 20 lines", |bencher| bencher.iter(rendered));
    criterion.bench_function("parse 20 lines", |bencher| {
        bencher.iter(|| Template::parse(black_box(TEMPLATE), Dialect::ApiGateway));
    });
}

criterion_group!(benches, render);
criterion_main!(benches);
