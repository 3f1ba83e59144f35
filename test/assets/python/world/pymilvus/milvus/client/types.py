import enum


class Status:
    SUCCESS = 0
    UNEXPECTED_ERROR = 1
    PERMISSION_DENIED = 3

    def __init__(self, code=SUCCESS, message='Success'):
        self.code, self.message = code, message

    def OK(self):
        return self.code == Status.SUCCESS


class MetricType(enum.IntEnum):
    L2 = 1
    IP = 2
    HAMMING = 3
