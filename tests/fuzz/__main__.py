"""`make fuzz`: each fuzzer in a process of its own, one after the other; the first that finds something ends it."""

import argparse
import subprocess
import sys


def main() -> int:
    asked = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    asked.add_argument("--seconds", type=int, default=120, help="for each of the three")
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    told = [str(given.seconds), str(given.seed)]
    for name, more in (("coverage", ["line"]), ("coverage", ["telegram"]), ("surface", [])):
        print(f"{name} {' '.join(more)}", flush=True)
        done = subprocess.run([sys.executable, "-m", f"tests.fuzz.{name}", *more, *told], check=False)
        if done.returncode:
            return done.returncode
    return 0


if __name__ == "__main__":
    sys.exit(main())
