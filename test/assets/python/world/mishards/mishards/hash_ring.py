import bisect
import hashlib


def number(text):
    return int(hashlib.md5(text.encode()).hexdigest()[:8], 16)


class HashRing:
    def __init__(self, nodes=None):
        self.points = sorted((number('%s-%d' % (node, i)), node) for node in nodes for i in range(40))

    def get_node(self, string_key):
        if not self.points:
            return None
        return self.points[bisect.bisect(self.points, (number(string_key), '')) % len(self.points)][1]
