namespace VhdPS.Engine.Nbd.Server;

/// <summary>What client and server have agreed on.</summary>
/// <param name="Wire">The connection, encrypted where that was agreed on.</param>
/// <param name="Export">The export that the client uses.</param>
/// <param name="HasStructuredReplies">Whether replies may come in chunks.</param>
/// <param name="HasAllocation">Whether the client may ask where data is.</param>
internal readonly record struct NegotiatedExport(Wire Wire, NbdExport Export, bool HasStructuredReplies, bool HasAllocation);
