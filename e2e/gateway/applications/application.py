"""An application with Qdrant's own client: searches by text and writes, 50 requests a second, and knows nothing of models.

Arguments: the gateways' URLs, the alias, the first id of its own, and documents that nobody changes, as JSON. Goes on until its stdin ends, and
prints what it saw, as one line of JSON.
"""

import json
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from qdrant_client import QdrantClient, models
from qdrant_client.http.exceptions import ResponseHandlingException

urls, alias, first_id, documents = (json.loads(argument) for argument in sys.argv[1:])
clients = [QdrantClient(url=url, cloud_inference=True, check_compatibility=False, timeout=20) for url in urls]
report = {"searches": 0, "writes": 0, "torn": 0, "failed": [], "mixed": [], "stored": {}}
lock = threading.Lock()
stopped = threading.Event()


def text_of(payload):
    return f"{payload['title']}\n\n{payload['body']}"


def document(text):
    return models.Document(text=text, model="auto")


def ask(act, counted, at):
    """A request whose gateway is killed is sent to the other one: it is in doubt, not failed."""
    for attempt in range(40):
        try:
            answer = act(clients[(at + attempt) % len(clients)])
            with lock:
                report[counted] += 1
            return answer
        except ResponseHandlingException:
            with lock:
                report["torn"] += 1
            time.sleep(0.1)
        except Exception as error:
            with lock:
                report["failed"].append(f"{counted}: {error!r} {error}"[:500])
            return None
    raise RuntimeError("no gateway answers")


def search(at):
    try:
        search_once(at)
    finally:
        under_way.release()


def search_once(at):
    wanted = documents[at % len(documents)]
    found = ask(lambda client: client.query_points(alias, query=document(text_of(wanted["payload"])), limit=1).points, "searches", at)
    if found is None:
        return
    right = len(found) == 1 and found[0].id == wanted["id"] and found[0].score > 0.999
    if not right:
        with lock:
            report["mixed"].append(f"{wanted['id']}: {found}")


def write(at):
    point = first_id + at // 4 % 40
    payload = {"title": f"Python {point}", "body": f"edition {at}", "seen": 0}
    stored = report["stored"].get(str(point))
    kind = at % 4
    if kind == 2 and stored:
        payload = {**stored, "seen": at}
        act = lambda client: client.set_payload(alias, {"seen": at}, points=[point], wait=True)
    elif kind == 3 and at % 8 == 3 and stored:
        payload = None
        act = lambda client: client.delete(alias, [point], wait=True)
    else:
        vector = document(text_of(payload))
        act = lambda client: client.upsert(alias, [models.PointStruct(id=point, vector=vector, payload=payload)], wait=True)
    if ask(act, "writes", at) is not None:
        report["stored"][str(point)] = payload


def at_pace(per_second, act):
    started, done = time.monotonic(), 0
    while not stopped.is_set():
        if time.monotonic() - started >= done / per_second:
            act(done)
            done += 1
        else:
            time.sleep(0.005)


pool = ThreadPoolExecutor(16)
under_way = threading.Semaphore(16)


def begin_search(at):
    """No more at once than there are threads: a machine that is too slow for the pace gets a smaller load."""
    if under_way.acquire(timeout=1):
        pool.submit(search, at)


threads = [
    threading.Thread(target=at_pace, args=(35, begin_search)),
    threading.Thread(target=at_pace, args=(15, write)),
]
for thread in threads:
    thread.start()
sys.stdin.read()
stopped.set()
for thread in threads:
    thread.join()
pool.shutdown()
print(json.dumps(report), flush=True)
