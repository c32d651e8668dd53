use super::*;

fn made(root: &Value) -> (String, Result<(), String>) {
    let mut document = Document::new("api.json", root);
    let schema = document.root().get("schema").expect("a schema");
    let value = instance(&mut document, &schema);
    (value.to_string(), document.finish().map_err(|error| error.to_string()))
}

#[test]
fn instances() {
    let rows = [
        (json!({ "type": "string" }), r#""text""#),
        (json!({ "type": "string", "minLength": 6 }), r#""textxx""#),
        (json!({ "type": "string", "maxLength": 2 }), r#""te""#),
        (json!({ "type": "string", "format": "email" }), r#""user@example.com""#),
        (json!({ "type": "string", "enum": ["b", "a"] }), r#""b""#),
        (json!({ "const": 7 }), "7"),
        (json!({ "type": "string", "default": "d", "example": "e" }), r#""e""#),
        (json!({ "type": "string", "examples": ["x", "y"] }), r#""x""#),
        (json!({ "type": "integer" }), "1"),
        (json!({ "type": "integer", "minimum": 10, "maximum": 20 }), "10"),
        (json!({ "type": "integer", "exclusiveMinimum": 10 }), "11"),
        (json!({ "type": "integer", "minimum": 10, "exclusiveMinimum": true }), "11"),
        (json!({ "type": "integer", "maximum": -3 }), "-3"),
        (json!({ "type": "integer", "minimum": 10, "multipleOf": 7 }), "14"),
        (json!({ "type": "number", "minimum": 0, "maximum": 1 }), "1.0"),
        (json!({ "type": "number" }), "1.5"),
        (json!({ "type": "boolean" }), "true"),
        (json!({ "type": ["null", "integer"] }), "1"),
        (json!({ "type": "null" }), "null"),
        (json!({}), "null"),
        (json!(true), "null"),
        (json!({ "type": "array", "items": { "type": "integer" } }), "[1]"),
        (json!({ "type": "array", "items": { "type": "integer" }, "minItems": 3 }), "[1,1,1]"),
        (json!({ "type": "array", "items": { "type": "integer" }, "maxItems": 0 }), "[]"),
        (json!({ "prefixItems": [{ "type": "integer" }, { "type": "boolean" }] }), "[1,true]"),
        (
            json!({ "properties": { "a": { "type": "integer" }, "p": { "type": "string", "writeOnly": true } } }),
            r#"{"a":1}"#,
        ),
        (json!({ "additionalProperties": { "type": "integer" } }), r#"{"key":1}"#),
        (
            json!({ "allOf": [
                { "properties": { "a": { "type": "integer" } } },
                { "properties": { "b": { "type": "boolean" } } },
                { "required": ["a"] },
            ] }),
            r#"{"a":1,"b":true}"#,
        ),
        (json!({ "oneOf": [{ "type": "null" }, { "type": "boolean" }, { "type": "string" }] }), "true"),
        (
            json!({ "type": "object", "anyOf": [{ "properties": { "a": { "type": "integer" } } }] }),
            r#"{"a":1}"#,
        ),
    ];
    for (schema, expected) in rows {
        assert_eq!(made(&json!({ "schema": schema })), (expected.to_owned(), Ok(())), "{schema}");
    }
}

#[test]
fn a_schema_that_contains_itself_is_cut() {
    let root = json!({
        "schema": { "$ref": "#/node" },
        "node": { "properties": {
            "id": { "type": "integer" },
            "next": { "$ref": "#/node" },
            "children": { "type": "array", "items": { "$ref": "#/node" } },
        } },
    });
    assert_eq!(made(&root), (r#"{"children":[],"id":1}"#.to_owned(), Ok(())));
    let root = json!({ "schema": { "$ref": "#/a" }, "a": { "$ref": "#/b" }, "b": { "$ref": "#/a" } });
    assert_eq!(made(&root).0, "null");
}

#[test]
fn an_instance_has_a_limit() {
    let mut root = json!({ "schema": { "$ref": "#/s0" }, "s40": { "type": "integer" } });
    for level in 0..40 {
        let next = json!({ "$ref": format!("#/s{}", level + 1) });
        root[format!("s{level}")] = json!({ "properties": { "a": next, "b": next } });
    }
    let (text, result) = made(&root);
    assert!(result.is_ok() && text.len() < 20 * MOST_VALUES, "{}", text.len());
}

#[test]
fn problems() {
    let root = json!({ "schema": { "properties": {
        "a": { "$ref": "#/nowhere" },
        "b": { "$ref": "other.yaml#/x" },
        "c": { "type": "strnig" },
        "d": 5,
        "e": { "$ref": 5 },
    } } });
    insta::assert_snapshot!(made(&root).1.expect_err("problems"));
}
