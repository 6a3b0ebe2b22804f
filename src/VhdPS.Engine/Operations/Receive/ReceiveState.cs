using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Operations.Receive;

/// <summary>What a receive remembers between runs, in a journal beside its target; never with a signature.</summary>
internal sealed record ReceiveState
{
    private const string DonePrefix = "done ";

    /// <summary>The blob's URI without its query.</summary>
    public required string Source { get; init; }

    /// <summary>The snapshot that is read.</summary>
    public required string? Snapshot { get; init; }

    /// <summary>The snapshot that changes are taken since.</summary>
    public required string? PreviousSnapshot { get; init; }

    /// <summary>The version of the blob: another one is another disk.</summary>
    public required string ETag { get; init; }

    /// <summary>The disk's size in bytes.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>What the target becomes.</summary>
    public required string Format { get; init; }

    /// <summary>The parent of a differencing target.</summary>
    public required string? ParentPath { get; init; }

    /// <summary>The name of the state of a target.</summary>
    public static string PathFor(string targetPath) => targetPath + ".vhdps-receive";

    /// <summary>The name of a target in the making.</summary>
    public static string PartialPathFor(string targetPath) => targetPath + ".vhdps-part";

    /// <summary>Reads a journal's lines; null where they are none of ours.</summary>
    public static (ReceiveState State, long DoneBytes)? Parse(IReadOnlyList<string>? lines)
    {
        ReceiveState? state;
        try
        {
            state = lines is { Count: > 0 } ? JsonSerializer.Deserialize(lines[0], ReceiveStateJson.Default.ReceiveState) : null;
        }
        catch (JsonException)
        {
            return null;
        }

        if (state is null)
        {
            return null;
        }

        long done = 0;
        foreach (string line in lines!.Skip(1))
        {
            if (line.StartsWith(DonePrefix, StringComparison.Ordinal)
                && long.TryParse(line.AsSpan(DonePrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long bytes)
                && bytes > done && bytes <= state.SizeBytes && bytes % VhdSpec.SectorSize == 0)
            {
                done = bytes;
            }
        }

        return (state, done);
    }

    /// <summary>The first line of the journal.</summary>
    public string FirstLine() => JsonSerializer.Serialize(this, ReceiveStateJson.Default.ReceiveState);

    /// <summary>The line that says how far the work has come.</summary>
    public static string DoneLine(long doneBytes) => string.Create(CultureInfo.InvariantCulture, $"{DonePrefix}{doneBytes}");
}

/// <summary>Reads and writes the state of a receiving without reflection.</summary>
[JsonSerializable(typeof(ReceiveState))]
internal sealed partial class ReceiveStateJson : JsonSerializerContext;
