"""What scripts/sam-local does. Needs Docker, target/debug/local and the packages of scripts/requirements-sam.txt."""

import contextlib
import http.client
import ipaddress
import json
import os
import pathlib
import platform
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

import boto3
from samcli.yamlhelper import yaml_dump, yaml_parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
LOGS = ROOT / "target" / "sam-local"
BUILT = ROOT / ".aws-sam" / "local"
BIN = ROOT / ".venv" / "bin"
SECRET = "origin-secret-of-the-sam-local-run"
HTTP_FUNCTIONS = ("LoginFunction", "MessagesFunction", "RosterFunction", "AuditFunction", "TextsFunction")
ENVIRONMENT = {
    **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
    "PATH": f"{BIN}:{os.environ['PATH']}",
    "AWS_DEFAULT_REGION": "us-east-1",
    "SAM_CLI_TELEMETRY": "0",
}


class Failed(Exception):
    """A step did not do what it should."""


def expect(fact, problem):
    if not fact:
        raise Failed(problem)


def say(text):
    print(text, flush=True)


def free_port(host="127.0.0.1"):
    with socket.socket() as listener:
        listener.bind((host, 0))
        return listener.getsockname()[1]


def until(what, probe, seconds=60):
    """Calls the probe until it answers something, and returns that."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := probe():
            return answer
        time.sleep(0.2)
    raise Failed(f"{what}: nothing within {seconds} s")


@contextlib.contextmanager
def program(name, command, env, stop=signal.SIGINT):
    """A program in the background whose output goes to a log, and which ends with the block."""
    log = LOGS / f"{name}.log"
    with open(log, "w") as output:
        process = subprocess.Popen(
            [str(word) for word in command], cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=output,
            stderr=subprocess.STDOUT, start_new_session=True,
        )
        try:
            yield process
        except Failed:
            say(f"--- the end of {log.relative_to(ROOT)}")
            say("\n".join(log.read_text().splitlines()[-40:]))
            raise
        finally:
            if process.poll() is None:
                os.killpg(process.pid, stop)
                try:
                    process.wait(30)
                except subprocess.TimeoutExpired:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()


def docker(*arguments):
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=False)


def host_for_containers():
    """Where this machine listens for containers, and how they call it."""
    if platform.system() != "Linux":
        return "127.0.0.1", "host.docker.internal"
    inspected = docker("network", "inspect", "bridge")
    expect(inspected.returncode == 0, "Docker has no bridge network")
    network = json.loads(inspected.stdout)[0]["IPAM"]["Config"][0]
    # Older engines name the network only; this machine has its first address.
    gateway = network.get("Gateway") or str(next(ipaddress.ip_network(network["Subnet"]).hosts()))
    return gateway, gateway


def derive_template(endpoint, tables, key_arn):
    """The built template, with the local AWS as the endpoint, and names and keys as the local AWS gives them."""
    template = yaml_parse((BUILT / "template.yaml").read_text())
    names = {f"{name.partition('-')[2]}": name for name in tables}
    for function in HTTP_FUNCTIONS:
        properties = template["Resources"][function]["Properties"]
        variables = properties["Environment"]["Variables"]
        for variable, value in variables.items():
            if isinstance(value, dict) and value.get("Ref") in names:
                variables[variable] = names[value["Ref"]]
            if isinstance(value, dict) and value.get("Fn::GetAtt") == ["EnvelopeKey", "Arn"]:
                variables[variable] = key_arn
        variables["AWS_ENDPOINT_URL"] = endpoint
        # The local AWS knows a role by its access key, and gives it the role's permissions.
        variables["AWS_ACCESS_KEY_ID"] = f"LOCAL{function.upper()}"
        variables["AWS_SECRET_ACCESS_KEY"] = "local"
    derived = BUILT / "derived.yaml"
    derived.write_text(yaml_dump(template))
    return derived


class Browser:
    """What a browser behind CloudFront sends, and the cookies that it keeps."""

    def __init__(self, port):
        self.port, self.cookies = port, {}

    def call(self, method, path, body=None, *, secret=SECRET, expected=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers["cloudfront-viewer-address"] = "203.0.113.7:4711"
        headers["user-agent"] = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0.0.0 Safari/537.36"
        if secret:
            headers["x-origin-secret"] = secret
        if method != "GET":
            headers |= {"origin": f"http://localhost:{self.port}", "content-type": "application/json"}
        if self.cookies:
            headers["cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        for cookie in response.headers.get_all("set-cookie", []):
            name, _, value = cookie.partition(";")[0].partition("=")
            self.cookies[name] = value
            if not value:
                del self.cookies[name]
        if expected is not None:
            expect(response.status == expected, f"{method} {path}: {response.status} instead of {expected}: {text[:300]}")
        return json.loads(text) if text else None


def mails(port, address):
    connection = http.client.HTTPConnection("localhost", port, timeout=10)
    connection.request("GET", "/outbox.json")
    outbox = json.loads(connection.getresponse().read())
    return [mail for mail in outbox if mail["channel"] == "email" and address in mail["to"]]


def link_token(mail):
    found = re.search(r"/[ln](?:\?[^\s#]*)?#t=([\w-]+)", mail["text"])
    expect(found, "the mail holds no link")
    return found[1]


def main_job(api, outbox):
    """Every step through the API of `sam local`."""
    text = "Your lenses are here: pick-up from Monday, bring the old pair."

    expect(Browser(api).call("GET", "/v1/health", secret=None, expected=403), "an answer")
    Browser(api).call("GET", "/v1/health", expected=200)
    unknown = Browser(api).call("GET", "/v1/nothing-here", expected=404)
    expect(unknown["type"] == "/problems/not-found", f"an unknown path: {unknown}")
    say("ok: without the origin secret 403, with it 200, an unknown path is a problem document")

    staff = Browser(api)
    staff.call("POST", "/v1/login-links", {"practice": "demo", "for": "staff", "address": "ana@demo.test"}, expected=202)
    mail = until("the login mail", lambda: mails(outbox, "ana@demo.test"))[-1]
    session = staff.call("POST", "/v1/sessions", {"token": link_token(mail)}, expected=201)
    expect(session["account"]["kind"] == "staff", f"a staff session: {session}")
    say(f"ok: {session['account']['name']} signed in with the link from the outbox")

    found = staff.call("GET", "/v1/patients?q=lop", expected=200)["items"]
    expect([patient["name"] for patient in found] == ["Maria Lopez"], f"one patient: {found}")
    started = staff.call(
        "POST", "/v1/conversations", {"patient_id": found[0]["id"], "topic": "prescription"}, expected=201,
        idempotency_key="sam-local-start",
    )
    messages = f"/v1/conversations/{started['id']}/messages"
    body = {"kind": "text", "text": text}
    sent = staff.call("POST", messages, body, expected=201, idempotency_key="sam-local-1")
    again = staff.call("POST", messages, body, expected=200, idempotency_key="sam-local-1")
    expect(sent["id"] == again["id"], "the same key, the same message")
    page = staff.call("GET", f"{messages}?after=0", expected=200)
    expect([item["body"]["text"] for item in page["items"]] == [text], f"one message: {page}")
    say("ok: a message posted twice with one key is there once and reads as written")

    notice = until("the notice", lambda: mails(outbox, "maria@patients.test"))[-1]
    expect("lenses" not in json.dumps(notice) and "Maria" not in json.dumps(notice), "a notice without content or name")
    patient = Browser(api)
    token = link_token(notice)
    patient.call("GET", f"/v1/conversations/{started['id']}", expected=401)
    step = patient.call("POST", "/v1/sessions", {"token": token}, expected=200)
    expect(step == {"next": "birth_date"}, f"the second proof: {step}")
    patient.call("POST", "/v1/sessions/person", {"token": token, "birth_date": "1985-03-15"}, expected=401)
    patient.call("POST", "/v1/sessions/person", {"token": token, "birth_date": "1985-03-14"}, expected=201)
    page = patient.call("GET", f"{messages}?after=0", expected=200)
    expect([item["body"]["text"] for item in page["items"]] == [text], f"the patient's page: {page}")
    say("ok: the patient opened the notice, proved the birth date and read the message")


def run():
    LOGS.mkdir(parents=True, exist_ok=True)
    expect(docker("info").returncode == 0, "Docker does not answer; `make sam-local` needs it")
    bind, host = host_for_containers()
    architecture = {"x86_64": "x86_64", "AMD64": "x86_64", "aarch64": "arm64", "arm64": "arm64"}[platform.machine()]
    subprocess.run(
        ["sam", "build", "--build-dir", BUILT, "--parameter-overrides", f"Architecture={architecture}"],
        cwd=ROOT, env=ENVIRONMENT, check=True, stdin=subprocess.DEVNULL,
    )
    # With the image here already, nothing asks its registry whether there is a newer one.
    images = docker("image", "ls", "--format", "{{.Repository}}:{{.Tag}}").stdout.split()
    here = any(image.endswith(f"/lambda/provided:al2023-{architecture}") for image in images)
    pull = ["--skip-pull-image"] if here else []

    aws, outbox, api = free_port(bind), free_port(), free_port()
    with contextlib.ExitStack() as stack:
        data = stack.enter_context(tempfile.TemporaryDirectory())
        local = stack.enter_context(program("local", [ROOT / "target" / "debug" / "local", "run"], {
            **ENVIRONMENT, "PORT": str(outbox), "LOCAL_AWS_PORT": str(aws), "LOCAL_AWS_BIND": bind, "LOCAL_DATA": data,
        }))

        def listening(process, port, host="127.0.0.1"):
            expect(process.poll() is None, f"{process.args[0]} ended with {process.poll()}")
            with socket.socket() as probe:
                return probe.connect_ex((host, port)) == 0

        until("the local AWS", lambda: listening(local, aws, bind))
        until("the local run", lambda: listening(local, outbox))
        client = dict(
            endpoint_url=f"http://{bind}:{aws}", region_name="us-east-1", aws_access_key_id="operator", aws_secret_access_key="-"
        )
        tables = boto3.client("dynamodb", **client).list_tables()["TableNames"]
        key = boto3.client("kms", **client).describe_key(KeyId="alias/local/envelope")["KeyMetadata"]["Arn"]
        parameters = {
            "PublicOrigin": f"http://localhost:{api}", "OriginSecret": SECRET, "DefaultPractice": "demo",
            "MailFrom": "notices@brighteyes.test", "MailReplyTo": "desk@brighteyes.test", "Architecture": architecture,
        }
        sam = stack.enter_context(program("sam", [
            "sam", "local", "start-api", "--template", derive_template(f"http://{host}:{aws}", tables, key), "--port", api,
            "--warm-containers", "LAZY", *pull, "--parameter-overrides", *(f"{k}={v}" for k, v in parameters.items()),
        ], ENVIRONMENT))
        until("sam local", lambda: listening(sam, api), 120)
        try:
            main_job(api, outbox)
        finally:
            containers = set(re.findall(r"^SAM_CONTAINER_ID: ([0-9a-f]{12,})", (LOGS / "sam.log").read_text(), re.M))
            stack.callback(lambda: [docker("rm", "--force", container) for container in containers])


start = time.monotonic()
try:
    run()
except (Failed, subprocess.CalledProcessError, OSError) as error:
    sys.exit(f"sam-local: FAILED: {error}")
say(f"sam-local: passed in {time.monotonic() - start:.0f} s")
