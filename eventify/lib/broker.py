"""What the worker needs of Redis as a broker beyond what kombu does: a worker that was not heard goes on working."""

from kombu.transport import redis, virtual


class Forgiving(redis.QoS):
    """A message whose acknowledgement Redis did not hear makes room for the next one all the same.

    kombu keeps its place taken until the connection is new, and a timeout is no reason to make one: after as many of
    them as messages may be taken at once, the worker would take nothing any more. Redis gives the message to somebody
    again after the visibility timeout; each task may run twice.
    """

    def ack(self, delivery_tag):
        try:
            super().ack(delivery_tag)
        finally:
            virtual.QoS.ack(self, delivery_tag)

    def reject(self, delivery_tag, requeue=False):
        try:
            super().reject(delivery_tag, requeue)
        finally:
            virtual.QoS.ack(self, delivery_tag)
