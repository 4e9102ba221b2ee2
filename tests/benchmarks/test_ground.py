"""How long the ground keeps its user waiting. Each measurement prints what it measured and holds it to a limit."""

import statistics
import time

from dlsei.embedded import services


def test_running_services_are_found_in_milliseconds():
    services.ensure()

    def seconds() -> float:
        began = time.perf_counter()
        services.ensure()
        return time.perf_counter() - began

    median = statistics.median(seconds() for _ in range(50))
    print(f"running services found in {median * 1000:.2f} ms (limit: 50 ms)")

    assert median < 0.05
