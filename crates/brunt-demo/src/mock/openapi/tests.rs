use super::*;

const YAML: &str = r#"
openapi: 3.0.3
info: { title: Books, version: 1.0.0 }
servers:
  - url: https://{host}/api/{version}
    variables: { host: { default: books.example.com }, version: { default: v1 } }
x-latency: 3ms
security: [{ key: [] }]
paths:
  /books/{book-id}:
    x-latency: { uniform: { min: 1ms, max: 2ms } }
    get:
      responses:
        '404': { description: none }
        200: { $ref: '#/components/responses/Book' }
    delete:
      x-latency: 20ms
      responses: { 204: { description: gone } }
  /books/top:
    get:
      responses:
        default:
          description: the best
          content:
            text/csv: { example: "a,b" }
            application/hal+json:
              examples: { first: { value: { x: "{{hole}}" } } }
  /books/{id}.xml:
    get:
      responses:
        2XX:
          description: XML
          content: { application/xml: { schema: { $ref: '#/components/schemas/Book' } } }
  /books:
    post:
      responses:
        '201':
          description: made
          headers:
            Location: { schema: { type: string, format: uri } }
            X-Rate-Limit: { example: 100, schema: { type: integer } }
            Content-Type: { schema: { type: string } }
          content: { application/json: { schema: { $ref: '#/components/schemas/Book' } } }
  /cover:
    get:
      responses: { 200: { description: an image, content: { image/png: { schema: { type: string, format: binary } } } } }
  /old:
    get:
      responses: { 301: { description: moved, headers: { location: { example: /books } } } }
components:
  responses:
    Book:
      description: a book
      content: { application/json: { schema: { $ref: '#/components/schemas/Book' } } }
  schemas:
    Book:
      type: object
      properties:
        id: { type: string, format: uuid }
        pages: { type: integer, minimum: 20 }
        author: { $ref: '#/components/schemas/Author' }
    Author:
      type: object
      properties:
        name: { type: string, example: A. Writer }
        books: { type: array, items: { $ref: '#/components/schemas/Book' } }
"#;

fn shown(route: &Route) -> String {
    let headers = route.headers.iter().map(|(name, value)| format!("  {name}: {value}\n"));
    let headers = headers.collect::<Vec<_>>().concat();
    format!("{} -> {} {:?}\n{headers}  {:?}", route.name(), route.status, route.latency, route.body)
}

#[test]
fn a_document_becomes_routes() {
    let config = MockConfig::from_openapi("books.yaml", YAML.as_bytes()).expect("the document");
    let at_root: Vec<String> =
        config.routes.iter().filter(|route| !route.path.starts_with("/api/v1/")).map(shown).collect();
    assert_eq!(config.routes.len(), 2 * at_root.len());
    insta::assert_snapshot!(at_root.join("\n"));
}

#[test]
fn json_is_read_as_well() {
    let value = document::read("x.yaml", YAML.as_bytes()).expect("YAML");
    let json = serde_json::to_vec_pretty(&value).expect("JSON");
    let of = |bytes| MockConfig::from_openapi("books", bytes).expect("the document");
    assert_eq!(of(&json), of(YAML.as_bytes()));
}

#[test]
fn patterns() {
    for (path, expected) in [
        ("/a/{id}", "/a/{id}"),
        ("/a/{the-id}", "/a/{the_id}"),
        ("/{a.b}/{a-b}", "/{a_b}/{a_b_2}"),
        ("/a/{x}.json", "/a/{x}.json"),
        ("/a/{x}...{y}", "/a/{x_____y}"),
        ("/a/{x}:run", "/a/{x}:run"),
        ("/a/", "/a/"),
    ] {
        assert_eq!(pattern(path).0, expected, "{path}");
        assert!(Pattern::parse(expected).is_ok(), "{expected}");
    }
}

#[test]
fn base_paths() {
    for (url, expected) in [
        ("https://a.example/v1/", Some("/v1")),
        ("https://a.example", None),
        ("https://a.example/", None),
        ("/v2", Some("/v2")),
        ("{unknown}/v2", Some("/v2")),
        ("https://a.example/{unknown}", None),
        ("https://a.example/?x", None),
    ] {
        let root = serde_json::json!({ "servers": [{ "url": url }] });
        let root = Place { value: &root, at: String::new() };
        assert_eq!(base_path(&root).as_deref(), expected, "{url}");
    }
}

#[test]
fn problems() {
    let rows: [(&str, &[u8]); 10] = [
        ("broken JSON", b"{\n  \"openapi\": \"3.1.0\",\n}"),
        ("broken YAML", b"openapi: 3.1.0\npaths: [\n"),
        ("not UTF-8", b"openapi: 3.1.0\n# caf\xe9\n"),
        ("empty", b""),
        ("Swagger", b"swagger: '2.0'\npaths: { /a: { get: {} } }"),
        ("a later version", b"openapi: 4.0.0\npaths: { /a: { get: {} } }"),
        ("a version as a number is read", b"openapi: 3.0\npaths: {}"),
        ("no paths", b"openapi: 3.1.0\nwebhooks: {}"),
        ("no operations", b"openapi: 3.1.0\npaths: { /a: { summary: x } }"),
        (
            "all at once",
            br#"
openapi: 3.1.0
x-latency: fast
paths:
  books: { get: {} }
  /a{b: { get: {} }
  /c: { $ref: other.yaml#/c }
  /d: { get: 5 }
  /e:
    get:
      x-latency: { uniform: { min: 5ms, max: 1ms } }
      responses: { 2xy: {}, 99: {} }
    post:
      responses: { 200: { $ref: '#/components/responses/None' } }
    put:
      responses: { 200: { content: { a/json: {}, application/json: { schema: { $ref: '#/components/schemas/A~1B' } } } } }
    patch:
      responses: { 200: { headers: { x-a: { example: "a\nb" } } } }
  /f: { get: { responses: { 200: { $ref: '#/components/responses/Loop' } } } }
components:
  responses:
    Loop: { $ref: '#/components/responses/Loop' }
  schemas:
    A/B: { type: object, properties: { x: { type: text } } }
"#,
        ),
    ];
    let shown: Vec<String> = rows
        .iter()
        .map(|(name, bytes)| {
            let error = MockConfig::from_openapi("api.yaml", bytes).expect_err(name);
            format!("# {name}\n{error}\n")
        })
        .collect();
    insta::assert_snapshot!(shown.join("\n"));
}
