namespace VhdPS.Engine.Operations.Receive;

/// <summary>What was received.</summary>
/// <param name="Plan">What was to be done.</param>
/// <param name="ReceivedBytes">Bytes that this run read from the blob's pages.</param>
/// <param name="RequestCount">Requests that this run made.</param>
/// <param name="Elapsed">How long it took.</param>
/// <param name="Hash">SHA-256 of the disk.</param>
public sealed record ReceiveResult(ReceivePlan Plan, long ReceivedBytes, long RequestCount, TimeSpan Elapsed, byte[] Hash);
