"""The examples of the pages run in the browser, and print there what the page says."""

import doctest
import gzip
import re
from collections import defaultdict
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from overrides.hooks import live
from tests.browser import DESKTOP
from tests.conftest import ROOT
from tests.guards.markdown import read_page
from tests.guards.values import Numbers, without_stack
from tests.serving import serve

pytestmark = pytest.mark.untraced  # of the whole; snippets are covered by tests of their own

EXAMPLES = {  # how many each page has
    path.stem: count
    for path in sorted((ROOT / "docs").glob("*.md"))
    if (count := sum(it.language == "pycon" for it in read_page(ROOT, f"docs/{path.name}").fences))
}
TASKS = {  # where exercises ask for code, with solutions: what is typed there
    path.stem: [
        "".join(
            example.source
            for fence in page.fences
            if fence.is_session and task.line < fence.line < task.end
            for example in doctest.DocTestParser().get_examples(fence.text)
        )
        for task in page.tasks
    ]
    for path in sorted((ROOT / "docs").glob("*.md"))
    if (page := read_page(ROOT, f"docs/{path.name}")).tasks
}
SHORT = "nested"  # a page whose examples are done soon
DONE = "status => /Done|Failed|Not run|Stopped|could not|folder/.test(status.textContent)"


# What runs in the worker


@pytest.fixture
def names(monkeypatch):
    """Give the names of a page, and a list of all that its examples print."""
    monkeypatch.syspath_prepend(ROOT / "docs/assets/live")
    import prompt

    shown = []
    return prompt.Page(lambda text, line: shown.append((line, text))), shown


def test_values_are_shown_as_at_a_prompt_and_names_are_shared(names):
    page, shown = names
    assert page.run("a = 2\na + 1\nif a:\n    print('yes')\n    a * 2", "example 1", False)
    assert page.run("a\nNone", "example 2", False)
    lines = defaultdict(str)
    for line, text in shown:
        lines[line] += text
    assert lines == {2: "3\n", 5: "yes\n4\n", 1: "2\n"}


def test_an_exception_ends_a_block_and_points_into_the_readers_lines(names):
    page, shown = names
    assert not page.run("a = 1\n\nb = a / 0\nprint('on')", "example 1", False)
    said = "".join(text for _, text in shown)
    assert 'File "<example 1>", line 3, in <module>\n    b = a / 0' in said
    assert said.endswith("ZeroDivisionError: division by zero\n")
    assert "prompt.py" not in said


def test_where_the_page_shows_an_exception_the_block_goes_on(names):
    page, shown = names
    assert page.run("1 / 0\nprint('on')", "example 1", True)
    assert "ZeroDivisionError" in shown[0][1]
    assert shown[-2:] == [(2, "on"), (2, "\n")]


def test_code_that_is_none_says_where(names):
    page, shown = names
    assert not page.run("a = 1\nb = = 2", "example 1", False)
    assert shown[0][0] == 2
    assert "SyntaxError: invalid syntax" in shown[0][1]
    assert "a" not in page.names  # nothing of it has run


def test_a_long_output_is_cut(names):
    page, shown = names
    assert page.run("for i in range(100_000):\n    print(i)", "example 1", False)
    said = "".join(text for _, text in shown)
    assert len(said) < 20_100
    assert said.endswith("(The rest of this output is left out.)\n")


def test_an_answer_is_tested_apart_from_the_page(names):
    page, shown = names
    page.run("a = 1", "example 1", False)
    test = "assert a == 2, f'a should be 2, but it is {a}'"
    assert page.answer("a += 1", "exercise 1", test) == ""
    assert page.answer("a += 2", "exercise 1", test) == "a should be 2, but it is 3"
    assert page.answer("a", "exercise 1", "b") == "NameError: name 'b' is not defined"
    assert page.answer("1 / 0", "exercise 1", test) is None
    assert "ZeroDivisionError" in shown[-1][1]
    assert page.names["a"] == 1


# The script


def test_the_script_holds_each_module_once_and_those_first_that_others_import():
    script = live.join("live.js", ROOT / "docs/assets/live", set())
    assert not re.search(r"^(import|export)\b", script, re.MULTILINE)
    places = [script.index(f"class {name} ") for name in ("Block", "Python", "Page")]
    assert script.count("class Block") == script.count("function makeEditor") == 1
    assert script.index("function makeEditor") < places[0] < places[2]
    assert places[1] < places[2] < script.index("makePage")


def test_what_is_loaded_at_the_first_click_is_as_large_as_the_button_says():
    folder = ROOT / "docs/assets/pyodide"
    files = [path for path in folder.iterdir() if path.suffix in (".gz", ".mjs")]
    packed = [
        it.read_bytes() if it.suffix == ".gz" else gzip.compress(it.read_bytes()) for it in files
    ]
    assert 7.5e6 < sum(map(len, packed)) < 8e6
    assert "8 MB" in (ROOT / "docs/assets/live/buttons.js").read_text(encoding="utf-8")


# In the browser


@pytest.fixture(scope="module")
def visitor(browser, site_url):
    """Keep one page that notes what it requests and what goes wrong."""
    context = browser.new_context(viewport=DESKTOP, base_url=site_url)
    page = context.new_page()
    page.asked, page.wrong = [], []
    page.on("request", lambda it: page.asked.append(it.url))
    page.on("pageerror", lambda it: page.wrong.append(str(it)))
    refused = "Content Security Policy"
    page.on("console", lambda it: refused in it.text and page.wrong.append(it.text))
    yield page
    context.close()


def visit(page, name):
    """Open a page as if for the first time."""
    page.goto(f"/{name}.html")
    page.evaluate("localStorage.clear()")
    page.reload()
    page.asked.clear()
    page.wrong.clear()


def come_alive(page):
    """Load what makes the examples of a page alive, by a click on the first Edit."""
    page.locator(".live-open button").first.evaluate("button => button.click()")
    page.wait_for_function("() => window.examples?.blocks[0].isOpen")


def edit_first(page, code):
    """Put other code into the first example; return its box."""
    page.locator(".live-open").first.get_by_text("Edit").click()
    box = page.locator(".is-live").first
    box.get_by_role("textbox").wait_for()
    page.keyboard.press("Control+a")
    page.keyboard.type(code)
    return box


def wait(page, box):
    """Wait until an example has run; return what its status says."""
    status = box.get_by_role("status")
    page.wait_for_function(DONE, arg=status.element_handle(), timeout=120_000)
    return status.text_content()


def by_line(answers):
    """Join what was printed by each statement."""
    lines = defaultdict(str)
    for answer in answers:
        lines[answer["line"]] += answer["text"]
    return {line: without_stack(text) for line, text in lines.items()}


@pytest.mark.browser
@pytest.mark.parametrize("name", EXAMPLES)
def test_all_examples_of_a_page_print_what_the_page_says(name, visitor, site_url):
    visit(visitor, name)
    come_alive(visitor)
    assert visitor.evaluate("examples.blocks.length") == EXAMPLES[name]
    status, *examples = visitor.evaluate(
        """async () => {
            const last = examples.blocks.at(-1)
            await last.run()
            const printed = examples.blocks.map(it => [it.answers, it.heard, it.printsOther])
            return [last.status.textContent, ...printed]
        }"""
    )
    assert status.startswith("Done after")
    for built, heard, other in examples:
        assert not other, (built, heard)
        built, heard = by_line(built), by_line(heard)
        assert built.keys() == heard.keys()
        for line, want in built.items():
            assert Numbers().check_output(want, heard[line], 0), (want, heard[line])
    assert not visitor.wrong
    assert all(it.startswith((site_url, "blob:" + site_url)) for it in visitor.asked)


@pytest.mark.browser
def test_nothing_is_requested_before_a_click_and_nothing_elsewhere(visitor, site_url):
    visit(visitor, SHORT)
    assert not [it for it in visitor.asked if "pyodide" in it or "assets/live/" in it]
    visitor.locator(".live-open").first.get_by_text("Run").click()
    assert wait(visitor, visitor.locator(".is-live").first).startswith("Done")
    assert [it for it in visitor.asked if "pyodide" in it]
    assert all(it.startswith((site_url, "blob:" + site_url)) for it in visitor.asked)


@pytest.mark.browser
def test_an_edit_runs_and_survives_and_can_be_thrown_away(visitor):
    visit(visitor, SHORT)
    box = edit_first(visitor, "for i in range(2):\nprint(i + 40)")  # it indents by itself
    visitor.keyboard.press("Control+Enter")
    assert wait(visitor, box).startswith("Done")
    assert "40\n41\n" in box.locator(".live-answers").text_content()
    visitor.reload()
    box = visitor.locator(".is-live").first
    assert "print(i + 40)" in box.get_by_role("textbox").input_value()
    box.get_by_text("Start over").click()
    assert "print(i + 40)" not in box.get_by_role("textbox").input_value()
    visitor.reload()
    assert visitor.locator(".is-live").count() == 0


@pytest.mark.browser
def test_an_edit_of_an_older_page_is_set_aside(visitor):
    visit(visitor, SHORT)
    come_alive(visitor)
    visitor.evaluate(
        """() => localStorage.setItem(
            examples.blocks[0].key, '{"code": "1 + 1", "typed": "gone"}')"""
    )
    visitor.reload()
    box = visitor.locator(".is-live").first
    assert "has changed since" in box.get_by_role("status").text_content()
    assert box.get_by_role("textbox").input_value() != "1 + 1"
    box.get_by_text("Show my version").click()
    assert box.get_by_role("textbox").input_value() == "1 + 1"


@pytest.mark.browser
def test_an_endless_loop_can_be_stopped_and_the_next_run_works(visitor):
    visit(visitor, SHORT)
    box = edit_first(visitor, "print('begun')\nwhile True: pass")
    box.get_by_role("button", name="Run").click()
    box.locator(".live-answers").get_by_text("begun").wait_for(timeout=60_000)
    assert "is-busy" in box.get_attribute("class")
    assert box.get_by_role("status").text_content().startswith("Running")
    box.get_by_role("button", name="Stop").click()
    assert "is-busy" not in box.get_attribute("class")
    assert wait(visitor, box).startswith("Stopped")
    box.get_by_role("textbox").fill("6 * 7")
    box.get_by_role("button", name="Run").click()
    assert wait(visitor, box).startswith("Done")
    assert "42" in box.locator(".live-answers").text_content()


@pytest.mark.browser
def test_an_exception_above_is_shown_where_it_is(visitor):
    visit(visitor, "scan")
    edit_first(visitor, "1 / 0")
    visitor.evaluate("examples.blocks[1].run()")
    boxes = visitor.locator(".is-live")
    assert "example 1, above it" in wait(visitor, boxes.nth(1))
    assert "ZeroDivisionError" in boxes.nth(0).locator(".live-answers").text_content()


@pytest.mark.browser
@pytest.mark.parametrize(
    "lost",
    [
        "pyodide.asm.wasm.gz",
        "python.zip.gz",
        "numpy.zip.gz",
        "worker.mjs",
        "files.json",
        "prompt.py",
    ],
)
def test_if_a_file_is_missing_the_page_says_so_and_stays(lost, visitor):
    visitor.route(f"**/{lost}", lambda route: route.fulfill(status=404, body="gone"))
    try:
        visit(visitor, SHORT)
        visitor.locator(".live-open").first.get_by_text("Run").click()
        box = visitor.locator(".is-live").first
        said = wait(visitor, box)
        assert said.startswith("Python could not be started")
        assert said.endswith("The page works as before.")
        assert box.locator(".live-answers").text_content()
    finally:
        visitor.unroute(f"**/{lost}")


@pytest.mark.browser
def test_if_a_file_never_arrives_the_page_says_so_after_a_minute(browser, site_url):
    context = browser.new_context(base_url=site_url)
    page = context.new_page()
    page.clock.install()
    page.route("**/numpy.zip.gz", lambda route: None)  # neither answered nor refused
    page.goto(f"/{SHORT}.html")
    page.locator(".live-open").first.get_by_text("Run").click()
    box = page.locator(".is-live").first
    box.get_by_role("status").get_by_text("MB").wait_for()
    page.clock.fast_forward(59_000)
    assert "could not" not in box.get_by_role("status").text_content()
    page.clock.fast_forward(60_000)
    assert "nothing has arrived for a minute" in wait(page, box)
    page.unroute_all(behavior="ignoreErrors")
    context.close()


@pytest.mark.browser
def test_a_page_from_a_folder_says_why_it_runs_nothing(site, visitor):
    visitor.goto((Path(site) / f"{SHORT}.html").as_uri())
    visitor.locator(".live-open").first.get_by_text("Run").click()
    assert "opened from a folder" in wait(visitor, visitor.locator(".is-live").first)


@pytest.mark.browser
def test_a_server_that_unpacks_what_is_compressed_does_no_harm(visitor):
    folder = ROOT / "docs/assets/pyodide"

    def unpack(route):
        packed = (folder / Path(route.request.url).name).read_bytes()
        route.fulfill(body=gzip.decompress(packed))

    visitor.route("**/pyodide/*.gz", unpack)
    try:
        visit(visitor, SHORT)
        visitor.locator(".live-open").first.get_by_text("Run").click()
        assert wait(visitor, visitor.locator(".is-live").first).startswith("Done")
    finally:
        visitor.unroute_all()


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_an_open_editor(scheme, visitor):
    visitor.emulate_media(color_scheme=scheme)
    visit(visitor, SHORT)
    edit_first(visitor, "1 + 1")
    found = Axe().run(visitor, context=".md-content").response["violations"]
    assert not [(it["id"], it["nodes"][0]["html"]) for it in found]


@pytest.mark.browser
def test_all_works_by_keyboard_alone(visitor):
    visit(visitor, SHORT)
    visitor.get_by_role("button", name="Edit example 1", exact=True).focus()
    visitor.keyboard.press("Enter")
    visitor.wait_for_function("() => document.activeElement.tagName === 'TEXTAREA'")
    visitor.keyboard.press("Tab")  # leaves the editor
    assert visitor.evaluate("document.activeElement.textContent") == "Run"
    visitor.keyboard.press("Enter")
    assert wait(visitor, visitor.locator(".is-live").first).startswith("Done")


@pytest.mark.browser
def test_a_changed_file_is_what_the_examples_import(visitor):
    visit(visitor, SHORT)
    come_alive(visitor)
    file = visitor.evaluate("examples.file.name")
    assert file == f"{SHORT}.py"
    visitor.evaluate("examples.file.edit()")
    box = visitor.locator(".is-live").last
    run = box.get_by_role("button", name="Run the examples", include_hidden=True)
    run.evaluate("button => button.click()")
    assert wait_for(visitor, "All examples print what they did before.")
    area = box.get_by_role("textbox", include_hidden=True)
    area.evaluate("area => { area.value += '\\nraise OSError(6 * 7)\\n' }")
    area.dispatch_event("input")
    run.evaluate("button => button.click()")
    assert wait_for(visitor, "example 1")
    assert "OSError: 42" in visitor.locator(".live-answers").first.text_content()


def wait_for(page, words):
    """Wait until the status of the whole file says these words."""
    page.wait_for_function(
        "words => examples.file.status.textContent.includes(words)", arg=words, timeout=60_000
    )
    return True


# What the content security policy refuses


@pytest.mark.browser
@pytest.mark.parametrize(
    "attempt",
    [
        """document.body.append(Object.assign(document.createElement("script"),
            { textContent: "window.done = true" }))""",
        """document.body.insertAdjacentHTML("beforeend",
            "<img src=x onerror='window.done = true'>")""",
        """setTimeout(() => eval("window.done = true"))""",
        """document.head.append(Object.assign(document.createElement("base"),
            { href: "http://127.0.0.1:9/" })), window.done = document.baseURI.includes(":9/")""",
    ],
)
def test_the_policy_refuses_scripts_that_are_not_the_sites(attempt, visitor):
    visit(visitor, SHORT)
    visitor.evaluate(f"() => {{ try {{ {attempt} }} catch {{}} }}")
    visitor.wait_for_timeout(100)
    assert not visitor.evaluate("window.done")


@pytest.mark.browser
def test_the_policy_refuses_requests_to_other_hosts_from_page_and_worker(visitor, tmp_path):
    (tmp_path / "gone.txt").write_text("here")
    ask = "fetch({!r}).then(() => true, () => false)"
    with serve(tmp_path) as other:
        visit(visitor, SHORT)
        assert not visitor.evaluate(ask.format(f"{other}/gone.txt"))
        assert any(f"{other}/gone.txt" in it for it in visitor.wrong)  # as the other tests see it
        found = visitor.evaluate(
            """async address => {
                const code = `fetch("${address}", { mode: "no-cors" })
                    .then(() => postMessage(true), () => postMessage(false))`
                const worker = new Worker(String(URL.createObjectURL(new Blob([code]))))
                return new Promise(resolve => { worker.onmessage = it => resolve(it.data) })
            }""",
            f"{other}/gone.txt",
        )
        assert not found
        own = visitor.evaluate(ask.format("assets/live/prompt.py"))
        assert own


@pytest.mark.browser
def test_who_only_edits_loads_no_python(visitor):
    visit(visitor, SHORT)
    box = edit_first(visitor, "1 + 1")
    box.get_by_text("Start over").click()
    visitor.wait_for_timeout(200)
    assert not [it for it in visitor.asked if "pyodide" in it or "worker" in it]


@pytest.mark.browser
def test_after_a_breakdown_all_that_stands_above_runs_again(visitor):
    visit(visitor, SHORT)
    come_alive(visitor)
    run = "const last = examples.blocks.at(-1); const run = last.run();"
    assert visitor.evaluate(f"async () => {{ {run} await run; return last.ran === last.code }}")
    said = visitor.evaluate(
        f"""async () => {{
            {run}
            const data = {{ fault: "Python broke down: no memory" }}
            examples.python.worker.onmessage({{ data }})
            await run
            return last.status.textContent
        }}"""
    )
    assert said.startswith("Python broke down: no memory")
    assert visitor.evaluate("examples.blocks.every(it => it.ran === null)")
    visitor.evaluate(f"async () => {{ {run} await run }}")
    assert visitor.evaluate("examples.blocks.every(it => it.ran === it.code)")


@pytest.mark.browser
def test_a_second_example_waits_for_the_first(visitor):
    visit(visitor, "scan")
    edit_first(visitor, "while True: pass")
    visitor.keyboard.press("Control+Enter")
    visitor.evaluate("examples.blocks[1].run()")
    said = "() => examples.blocks[1].status.textContent"
    assert visitor.evaluate(said) == "Another example is still running."
    visitor.evaluate("examples.stop()")


# Exercises that ask for code


def judged(page, index, code=None):
    """Let an answer be tested; return what its status says."""
    return page.evaluate(
        """async ([index, code]) => {
            const task = examples.tasks[index]
            task.open()
            if (code !== null) task.change(code)
            await task.run()
            return task.status.textContent
        }""",
        [index, code],
    )


@pytest.mark.browser
@pytest.mark.parametrize("name", TASKS)
def test_the_start_of_an_answer_is_refused_and_the_solution_is_accepted(name, visitor):
    visit(visitor, name)
    come_alive(visitor)
    for index, solution in enumerate(TASKS[name]):
        assert re.match(r"Not yet: \w+ \w+", judged(visitor, index))
        assert judged(visitor, index, solution) == "Right."
    assert not visitor.wrong


@pytest.mark.browser
def test_progress_is_shown_and_kept(visitor):
    visit(visitor, "rnn")
    task = visitor.locator(".live-task").first
    mark = task.locator(".live-mark")
    assert mark.text_content() == ""
    visitor.locator("li:has(.live-task) > details > summary").first.click()
    visitor.wait_for_function(
        "mark => mark.textContent === 'Solution seen'", arg=mark.element_handle()
    )
    visitor.reload()
    assert mark.text_content() == "Solution seen"
    assert not [it for it in visitor.asked if "assets/live.js" in it]
    task.get_by_role("button", name="Answer exercise 1 here").click()
    task.get_by_role("textbox").fill(TASKS["rnn"][0])
    task.get_by_role("button", name="Check my answer to exercise 1").click()
    visitor.wait_for_function(
        "mark => mark.textContent === 'Solved'", arg=mark.element_handle(), timeout=60_000
    )
    found = Axe().run(visitor, context=".md-content").response["violations"]
    assert not [(it["id"], it["nodes"][0]["html"]) for it in found]
    visitor.reload()
    assert mark.text_content() == "Solved"
    assert mark.is_visible()


@pytest.mark.browser
def test_an_exception_in_an_answer_is_shown(visitor):
    visit(visitor, "rnn")
    come_alive(visitor)
    assert judged(visitor, 0, "delay = 1 / 0").startswith("Failed")
    assert "ZeroDivisionError" in visitor.evaluate("examples.tasks[0].output.textContent")
    assert visitor.evaluate("localStorage.getItem('progress on /rnn.html: exercise 1')") is None
