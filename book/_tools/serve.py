"""Show the built site on this machine: ``python -m book._tools.serve PORT``."""

from __future__ import annotations

import functools
import sys
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from book._tools.build import ROOT


def main(port: int) -> int:
    """Serve the site until Ctrl-C; return the exit code."""
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(ROOT / "_build/html"))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    except OSError as problem:
        print(f"Port {port} cannot be used ({problem.strerror}); choose another: make serve PORT=8001", file=sys.stderr)
        return 1
    print(f"The book is at http://127.0.0.1:{port}/ (stop with Ctrl-C)", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 0
    finally:
        server.server_close()


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
