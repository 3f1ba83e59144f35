class BaseException(Exception):
    def __init__(self, message='', metadata=None):
        self.message, self.metadata = message, metadata

    def __str__(self):
        return self.message


class ConnectionNotFoundError(BaseException):
    pass


class DBError(BaseException):
    pass


class CollectionNotFoundError(BaseException):
    pass


class SearchParamError(BaseException):
    """Has no handler: gRPC prints its traceback."""
