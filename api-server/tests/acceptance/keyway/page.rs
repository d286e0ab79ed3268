//! The page on which a person decides a device code, in a real browser, with nothing but the keyboard.

use coffer_browser::{Browser, Key, Node, Page, Tree, View};
use serde_json::{Value, json};

use super::{ADMIN, Keyway, auth};

const SIGN_IN: &str = "Sign in a device";
const AGAIN: &str = "Not done yet: sign in a device";
const CODE_HINT: &str = "Ten letters and digits, such as ABCDE-FGHJK.";
const TOKEN_HINT: &str = "A GitHub token of yours. It is checked once and not kept.";
const UNKNOWN: &str = "This code is unknown, has expired, or was decided already. Check it, or start again.";
const BAD_TOKEN: &str = "This token does not work. Check it, and try again.";

/// The least contrast of text on its ground, as WCAG 2.2 counts it (1.4.3), and of a control's edge (1.4.11).
const CONTRAST: &str = r"(() => {
    const parts = color => color.match(/[\d.]+/g).map(Number);
    const light = color => {
        const [r, g, b] = parts(color).map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = element => {
        for (let at = element; at; at = at.parentElement) {
            const color = getComputedStyle(at).backgroundColor;
            if (parts(color)[3] !== 0) return color;
        }
    };
    const ratio = (a, b) => { const [x, y] = [light(a), light(b)]; return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05); };
    const text = [...document.querySelectorAll('h1, p, label, strong, input, button')];
    const edges = [...document.querySelectorAll('input, button')];
    return {
        text: Math.min(...text.map(it => ratio(getComputedStyle(it).color, ground(it)))),
        edge: Math.min(9, ...edges.map(it => ratio(getComputedStyle(it).borderTopColor, ground(it.parentElement)))),
        focus: Math.min(9, ...edges.slice(0, 1).map(() => ratio(getComputedStyle(document.activeElement).outlineColor, ground(document.body)))),
    };
})()";

/// Waits for the one alert, and gives what it says.
fn alert(tree: &Tree) -> &str {
    let alert = tree.all("alert").next();
    assert!(alert.is_some(), "{tree:?}");
    let texts = tree.0.iter().skip_while(|node| node.role != "alert");
    texts
        .into_iter()
        .find(|node| node.role == "StaticText")
        .map_or("", |node| &node.name)
}

#[track_caller]
fn node<'a>(tree: &'a Tree, role: &str, name: &str) -> &'a Node {
    tree.find(role, name)
        .unwrap_or_else(|| panic!("no {role} {name:?} in {tree:#?}"))
}

/// What has the focus, which can be seen.
async fn focused(page: &Page) -> String {
    let outline = page
        .evaluate("(s => s.outlineStyle + ' ' + s.outlineWidth)(getComputedStyle(document.activeElement))")
        .await
        .unwrap();
    assert_eq!(outline, "solid 3px", "the focus cannot be seen");
    let tree = page.accessibility().await.unwrap();
    match tree.focused() {
        Some(node) => node.name.clone(),
        None => panic!("nothing has the focus: {tree:#?}"),
    }
}

async fn title(page: &Page) -> Value {
    page.evaluate("document.title").await.unwrap()
}

/// Nothing was said on the console but of the answers' own statuses, and only this server was asked.
fn quiet(page: &Page, keyway: &Keyway) {
    let said = page.console();
    let odd: Vec<&String> = said
        .iter()
        .filter(|line| !line.contains("the server responded with a status of 40"))
        .collect();
    assert!(odd.is_empty(), "{odd:?}");
    let asked = page.requests();
    assert!(
        !asked.is_empty() && asked.iter().all(|url| url.starts_with(&keyway.0.base)),
        "{asked:?}"
    );
}

/// How it looks, for whoever wants to see it: in the target directory's `tmp`.
async fn picture(page: &Page, name: &str) {
    let png = page.screenshot().await.unwrap();
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(folder.join(format!("device-page-{name}.png")), png).unwrap();
}

/// Every control and what is said of it is there for a screen reader.
fn is_told_whole(tree: &Tree) {
    for (role, name) in [
        ("RootWebArea", SIGN_IN),
        ("heading", SIGN_IN),
        ("button", "Approve"),
        ("button", "Refuse"),
    ] {
        node(tree, role, name);
    }
    assert_eq!(tree.all("main").count(), 1);
    for (name, hint) in [("Code", CODE_HINT), ("Token", TOKEN_HINT)] {
        let field = node(tree, "textbox", name);
        assert_eq!(field.description, hint);
        assert!(field.is("required") && !field.is("invalid"), "{field:?}");
    }
    // Every control has a name, and these are all.
    let controls = ["textbox", "button", "link", "checkbox", "combobox"];
    let named: Vec<&str> = tree
        .0
        .iter()
        .filter(|node| controls.contains(&node.role.as_str()))
        .map(|node| &*node.name)
        .collect();
    assert_eq!(named, ["Code", "Token", "Approve", "Refuse"]);
}

#[tokio::test]
async fn a_device_is_approved_by_keyboard_alone() {
    let keyway = Keyway::start().await;
    let started = auth::start(&keyway).await;
    let browser = Browser::launch().await.unwrap();
    let page = browser.page(View::default()).await.unwrap();
    page.navigate(&started.text_at("/verificationUri")).await.unwrap();

    assert_eq!(title(&page).await, SIGN_IN);
    assert_eq!(
        page.evaluate("document.documentElement.lang").await.unwrap(),
        "en"
    );
    is_told_whole(&page.accessibility().await.unwrap());
    assert_eq!(focused(&page).await, "Code");
    // Nothing is sent while something is missing: the browser says what.
    page.press(Key::Enter).await.unwrap();
    assert_eq!(focused(&page).await, "Code");
    let typed = started.text_at("/userCode").to_lowercase().replace('-', "");
    page.type_text(&typed).await.unwrap();
    page.press(Key::Tab).await.unwrap();
    assert_eq!(focused(&page).await, "Token");
    page.type_text(ADMIN).await.unwrap();
    for name in ["Approve", "Refuse"] {
        page.press(Key::Tab).await.unwrap();
        assert_eq!(focused(&page).await, name);
    }
    page.press(Key::BackTab).await.unwrap();
    page.press_and_load(Key::Enter).await.unwrap();

    assert_eq!(title(&page).await, "Signed in");
    let tree = page.accessibility().await.unwrap();
    assert_eq!(tree.all("status").count(), 1);
    node(
        &tree,
        "StaticText",
        "The device is signed in. You can close this page and go back to it.",
    );
    assert_eq!(
        auth::poll(&keyway, &started["deviceCode"]).await["status"],
        "approved"
    );
    let sent = page.requests().iter().filter(|url| url.contains(ADMIN)).count();
    assert_eq!(sent, 0, "a token in an address");
    quiet(&page, &keyway);
    browser.close().await.unwrap();
}

#[tokio::test]
async fn a_device_is_refused_by_keyboard_alone() {
    let keyway = Keyway::start().await;
    let started = auth::start(&keyway).await;
    let browser = Browser::launch().await.unwrap();
    let page = browser
        .page(View {
            dark: true,
            ..View::default()
        })
        .await
        .unwrap();
    page.navigate(&started.text_at("/verificationUriComplete"))
        .await
        .unwrap();
    let tree = page.accessibility().await.unwrap();
    assert_eq!(node(&tree, "textbox", "Code").value, started.text_at("/userCode"));
    node(&tree, "StaticText", "owner/repo");
    assert_eq!(focused(&page).await, "Token", "what is left to fill in");
    page.type_text(ADMIN).await.unwrap();
    for _ in 0..2 {
        page.press(Key::Tab).await.unwrap();
    }
    assert_eq!(focused(&page).await, "Refuse");
    page.press_and_load(Key::Space).await.unwrap();
    assert_eq!(title(&page).await, "Refused");
    assert_eq!(
        auth::poll(&keyway, &started["deviceCode"]).await["status"],
        "denied"
    );
    quiet(&page, &keyway);
    browser.close().await.unwrap();
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_mended_there() {
    let keyway = Keyway::start().await;
    let started = auth::start(&keyway).await;
    let browser = Browser::launch().await.unwrap();
    let page = browser.page(View::default()).await.unwrap();
    page.navigate(&started.text_at("/verificationUri")).await.unwrap();
    page.type_text("aaaaa-aaaaa").await.unwrap();
    page.press(Key::Tab).await.unwrap();
    page.type_text("ghp_wrong").await.unwrap();
    page.press_and_load(Key::Enter).await.unwrap();

    assert_eq!(title(&page).await, AGAIN);
    let tree = page.accessibility().await.unwrap();
    assert_eq!(alert(&tree), UNKNOWN);
    let code = node(&tree, "textbox", "Code");
    assert!(
        code.is("invalid") && !node(&tree, "textbox", "Token").is("invalid"),
        "{code:?}"
    );
    assert_eq!(code.description, format!("{UNKNOWN} {CODE_HINT}"));
    assert_eq!(focused(&page).await, "Code");
    picture(&page, "wrong").await;
    page.press(Key::SelectAll).await.unwrap();
    page.type_text(&started.text_at("/userCode")).await.unwrap();
    page.press(Key::Tab).await.unwrap();
    page.type_text("ghp_wrong").await.unwrap();
    page.press_and_load(Key::Enter).await.unwrap();

    let tree = page.accessibility().await.unwrap();
    assert_eq!(alert(&tree), BAD_TOKEN);
    let (code, token) = (node(&tree, "textbox", "Code"), node(&tree, "textbox", "Token"));
    assert!(token.is("invalid") && !code.is("invalid"));
    assert_eq!(token.description, format!("{BAD_TOKEN} {TOKEN_HINT}"));
    assert_eq!(
        (code.value.as_str(), token.value.as_str()),
        (&*started.text_at("/userCode"), "")
    );
    node(&tree, "StaticText", "owner/repo");
    assert_eq!(focused(&page).await, "Token");
    page.type_text(ADMIN).await.unwrap();
    page.press_and_load(Key::Enter).await.unwrap();
    assert_eq!(title(&page).await, "Signed in");

    // What is decided is decided.
    page.navigate(&started.text_at("/verificationUriComplete"))
        .await
        .unwrap();
    assert_eq!(alert(&page.accessibility().await.unwrap()), UNKNOWN);
    quiet(&page, &keyway);
    browser.close().await.unwrap();
}

#[tokio::test]
async fn it_fits_narrow_and_wide_light_and_dark() {
    let keyway = Keyway::start().await;
    let browser = Browser::launch().await.unwrap();
    let page = browser.page(View::default()).await.unwrap();
    let long = json!({"repository": format!("owner/{}", "x".repeat(90))});
    for (name, width, dark) in [
        ("narrow-light", 320, false),
        ("narrow-dark", 320, true),
        ("wide-light", 1280, false),
        ("wide-dark", 1280, true),
    ] {
        page.look(View {
            width,
            height: 800,
            dark,
        })
        .await
        .unwrap();
        let started = keyway
            .send(
                reqwest::Method::POST,
                None,
                "/auth/device/start",
                Some(long.clone()),
            )
            .await
            .expect(200);
        page.navigate(&started.text_at("/verificationUriComplete"))
            .await
            .unwrap();
        fits(&page, width, dark).await;
        picture(&page, name).await;
        page.type_text("ghp_wrong").await.unwrap();
        page.press_and_load(Key::Enter).await.unwrap();
        fits(&page, width, dark).await;
        picture(&page, &format!("{name}-wrong")).await;
        page.type_text(ADMIN).await.unwrap();
        page.press_and_load(Key::Enter).await.unwrap();
        fits(&page, width, dark).await;
        picture(&page, &format!("{name}-done")).await;
    }
    quiet(&page, &keyway);
    browser.close().await.unwrap();
}

/// No scrolling sideways, and everything can be read.
async fn fits(page: &Page, width: u32, dark: bool) {
    let wide = page
        .evaluate("document.documentElement.scrollWidth")
        .await
        .unwrap();
    assert!(wide.as_u64().unwrap() <= u64::from(width), "{wide} of {width}");
    let ground = page
        .evaluate("getComputedStyle(document.documentElement).backgroundColor")
        .await
        .unwrap();
    assert_eq!(ground == "rgb(255, 255, 255)", !dark, "{ground}");
    let contrast = page.evaluate(CONTRAST).await.unwrap();
    assert!(contrast["text"].as_f64().unwrap() >= 4.5, "{contrast}");
    assert!(contrast["edge"].as_f64().unwrap() >= 3.0, "{contrast}");
    assert!(contrast["focus"].as_f64().unwrap() >= 3.0, "{contrast}");
}

#[tokio::test]
async fn a_script_that_gets_into_the_page_does_not_run() {
    let keyway = Keyway::start().await;
    let browser = Browser::launch().await.unwrap();
    let page = browser.page(View::default()).await.unwrap();
    let hostile = "%22%3E%3Cscript%3Ewindow.ran=1%3C/script%3E%3Cimg%20src=x%20onerror=window.ran=1%3E";
    page.navigate(&format!(
        "{}/auth/device/verify?user_code={hostile}",
        keyway.0.base
    ))
    .await
    .unwrap();
    assert_eq!(
        page.evaluate("document.scripts.length + document.images.length")
            .await
            .unwrap(),
        0
    );
    let got_in = "const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s); \
        document.body.insertAdjacentHTML('beforeend', '<img src=x onerror=\"window.ran = 1\">')";
    page.evaluate(got_in).await.unwrap();
    page.wait_for("document.scripts.length == 1 && document.images.length == 1")
        .await
        .unwrap();
    assert_eq!(page.evaluate("window.ran === undefined").await.unwrap(), true);
    let said = page.console();
    assert!(
        said.iter().any(|line| line.contains("Content Security Policy")),
        "{said:?}"
    );
    browser.close().await.unwrap();
}
