/// How much of the server one process uses, and how long anything may take.
package struct PostgresLimits: Sendable {
    /// Connections at most; each has a thread of its own.
    package var connections = 8
    /// Calls that wait for a connection at most; one more is refused at once.
    package var waiting = 2_048
    /// How long a call waits for a connection.
    package var wait = Duration.seconds(5)
    /// How long a call takes at most, the wait included.
    package var call = Duration.seconds(10)
    /// How long the server works on one statement.
    package var statement = Duration.seconds(5)
    /// How long a statement waits for what another transaction holds.
    package var lock = Duration.seconds(4)
    /// After a failed attempt to connect the next one waits so long.
    package var reconnect = Duration.milliseconds(250)
    /// How long a store that is being opened waits for a server that is being started.
    package var start = Duration.seconds(10)
    /// How long a step of the schema may take, and how long it waits for another node that takes it.
    package var migration = Duration.seconds(600)

    package init() {}
}

extension Duration {
    var milliseconds: Int64 { Int64(self / .milliseconds(1)) }
}
