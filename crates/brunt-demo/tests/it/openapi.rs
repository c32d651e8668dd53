//! A mock from an OpenAPI document, on the wire.

use brunt_demo::MockConfig;

use crate::client::{ask, mock};

const PETS: &str = r#"
openapi: 3.1.0
info: { title: Pets, version: 1.0.0 }
servers: [{ url: https://pets.example.com/v1 }]
x-latency: 1ms
paths:
  /pets:
    get:
      security: [{ key: [] }]
      parameters: [{ name: limit, in: query, required: true, schema: { type: integer } }]
      responses:
        '200':
          description: all
          headers: { X-Next: { schema: { type: string, format: uri } } }
          content:
            application/json:
              schema: { type: array, minItems: 2, items: { $ref: '#/components/schemas/Pet' } }
        default: { description: a problem }
    post:
      responses: { 201: { description: made } }
  /pets/{pet-id}:
    get:
      responses:
        200:
          description: one
          content: { application/json: { examples: { rex: { value: { id: 7, name: "{{Rex}}" } } } } }
    delete: { responses: { 204: { description: gone } } }
  /pets/{pet-id}.txt:
    get: { responses: { 200: { description: text, content: { text/plain: { example: Rex } } } } }
components:
  schemas:
    Pet: { type: object, properties: { id: { type: integer }, name: { type: string, example: Rex } } }
"#;

#[test]
fn it_answers_as_the_document_says() {
    let running = mock(MockConfig::from_openapi("pets.yaml", PETS.as_bytes()).expect("the document"));
    let pets = r#"[{"id":1,"name":"Rex"},{"id":1,"name":"Rex"}]"#;
    for (request, status, content_type, body) in [
        ("GET /pets", 200, Some("application/json"), pets),
        ("GET /v1/pets?limit=x", 200, Some("application/json"), pets),
        ("POST /pets\n\n{", 201, None, ""),
        ("GET /pets/7", 200, Some("application/json"), r#"{"id":7,"name":"{{Rex}}"}"#),
        ("GET /pets/7.txt", 200, Some("text/plain"), "Rex"),
        ("DELETE /v1/pets/7", 204, None, ""),
        ("PUT /pets", 405, Some("text/plain; charset=utf-8"), "no such route\n"),
        ("GET /health", 404, Some("text/plain; charset=utf-8"), "no such route\n"),
    ] {
        let answer = ask(&running, request);
        let found = (answer.status, answer.header("content-type"), answer.text());
        assert_eq!(found, (status, content_type, body), "{request}");
    }
    assert_eq!(ask(&running, "GET /pets").header("x-next"), Some("https://example.com/"));
    assert_eq!(running.stats().route("GET /pets/{pet_id}").map(|route| route.requests), Some(1));
}
