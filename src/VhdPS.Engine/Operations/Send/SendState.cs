using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Disks;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Operations.Send;

/// <summary>One file of a source, as it was when sending began.</summary>
/// <param name="Path">The file.</param>
/// <param name="Identity">What tells it from every other.</param>
/// <param name="Length">Bytes.</param>
/// <param name="LastWriteTime">UTC.</param>
internal sealed record SourceStamp(string Path, string Identity, long Length, DateTime LastWriteTime);

/// <summary>
/// What a send remembers between runs: its source, its target and how much of the disk is there. It is in a journal whose
/// first line says what is sent where, never with a signature, and whose further lines say how far the work has come.
/// </summary>
internal sealed record SendState
{
    private const int CurrentVersion = 2;
    private const string DonePrefix = "done ";
    private const string CreatedPrefix = "created ";
    private const string Suffix = ".vhdps-send";
    private const string NotAFile = "not a file";

    /// <summary>Version of the file's format.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>The blob's URI without its query.</summary>
    public required string Target { get; init; }

    /// <summary>Length of the blob.</summary>
    public required long TargetLength { get; init; }

    /// <summary>The id that a blob of ours has in its metadata.</summary>
    public required Guid TransferId { get; init; }

    /// <summary>Size of the disk as it is sent.</summary>
    public required long SizeBytes { get; init; }

    /// <summary>Whether free space is sent as zeros.</summary>
    public bool ClearsFreeSpace { get; init; }

    /// <summary>Whether the partition table is sent as it is.</summary>
    public bool KeepPartitionTable { get; init; }

    /// <summary>The source's files, the image itself first.</summary>
    public required IReadOnlyList<SourceStamp> Sources { get; init; }

    /// <summary>When the target was made, as the service says; null where that is not known.</summary>
    public DateTimeOffset? TargetCreatedTime { get; init; }

    /// <summary>Everything before this byte of the disk is at the target.</summary>
    public long DoneBytes { get; init; }

    /// <summary>
    /// Where the state lies unless told otherwise: beside the source, or in the folder for temporary files where that is no file, by a
    /// name for each pair of source and target.
    /// </summary>
    public static string DefaultPath(string sourcePath, string target) => NamedFile.Exists(sourcePath)
        ? $"{sourcePath}.{ShortHash(target)}{Suffix}"
        : System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"{ShortHash(sourcePath)}.{ShortHash(target)}{Suffix}");

    /// <summary>The files of a source as they are now.</summary>
    public static IReadOnlyList<SourceStamp> Stamp(DiskSource source, ParentPolicy parents)
    {
        var stamps = new List<SourceStamp>();
        IEnumerable<string> paths = [source.Path];
        if (source.ImageType == VhdType.Differencing)
        {
            paths = ChainInspector.Describe(source.Path, parents).Select(level => level.Path);
        }

        foreach (string path in paths)
        {
            if (!NamedFile.Exists(path))
            {
                // Nothing says whether a device or a server's disk was changed: each time it is another one.
                stamps.Add(new SourceStamp(path, NotAFile, source.SizeBytes, DateTime.UtcNow));
                continue;
            }

            using LocalImageFile file = LocalImageFile.OpenRead(path);
            FileIdentity identity = file.Identity;
            stamps.Add(new SourceStamp(
                path,
                string.Create(CultureInfo.InvariantCulture,
                    $"{identity.Volume:x}-{identity.FileNumberHigh:x}-{identity.FileNumberLow:x}{identity.FullPath}"),
                file.Length,
                file.LastWriteTime));
        }

        return stamps;
    }

    private static string ShortHash(string text) => System.Convert.ToHexString(
        System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)).AsSpan(0, 4));

    /// <summary>Reads a journal's lines; null where they are none of ours.</summary>
    public static SendState? Parse(IReadOnlyList<string>? lines)
    {
        SendState? state = null;
        try
        {
            state = lines is { Count: > 0 } ? JsonSerializer.Deserialize(lines[0], SendStateJson.Default.SendState) : null;
        }
        catch (JsonException)
        {
            return null;
        }

        if (state is not { Version: CurrentVersion, Target: not null, Sources: not null })
        {
            return null;
        }

        foreach (string line in lines!.Skip(1))
        {
            if (line.StartsWith(DonePrefix, StringComparison.Ordinal)
                && long.TryParse(line.AsSpan(DonePrefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out long done)
                && done > state.DoneBytes && done <= state.SizeBytes && done % VhdSpec.SectorSize == 0)
            {
                state = state with { DoneBytes = done };
            }
            else if (line.StartsWith(CreatedPrefix, StringComparison.Ordinal)
                && DateTimeOffset.TryParse(line.AsSpan(CreatedPrefix.Length), CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind,
                    out DateTimeOffset created))
            {
                state = state with { TargetCreatedTime = created };
            }
        }

        return state;
    }

    /// <summary>The first line of the journal.</summary>
    public string FirstLine() => JsonSerializer.Serialize(this, SendStateJson.Default.SendState);

    /// <summary>The line that says how far the work has come.</summary>
    public static string DoneLine(long doneBytes) => string.Create(CultureInfo.InvariantCulture, $"{DonePrefix}{doneBytes}");

    /// <summary>The line that says when the target was made.</summary>
    public static string CreatedLine(DateTimeOffset time) => CreatedPrefix + time.ToString("O", CultureInfo.InvariantCulture);

    /// <summary>Why the source is not the one that was begun with; null where it is.</summary>
    public string? FindSourceChange(IReadOnlyList<SourceStamp> now, long sizeBytes, SendOptions options)
    {
        if (ClearsFreeSpace != options.ClearsFreeSpace || KeepPartitionTable != options.KeepPartitionTable)
        {
            return "the disk was being sent with other options for its free space and its partition table";
        }

        if (now.Count != Sources.Count || sizeBytes != SizeBytes)
        {
            return now.Count != Sources.Count
                ? $"the source had {Sources.Count} files and has {now.Count}"
                : string.Create(CultureInfo.InvariantCulture,
                    $"a disk of {SizeBytes} bytes was being sent, and it would be {sizeBytes} now");
        }

        foreach ((SourceStamp before, SourceStamp after) in Sources.Zip(now))
        {
            if (after.Identity == NotAFile)
            {
                return $"nothing says whether '{after.Path}' was changed since, for it is no file";
            }

            // Not by path: a file may be reached by another name.
            if (before.Identity != after.Identity || before.Length != after.Length || before.LastWriteTime != after.LastWriteTime)
            {
                return string.Create(
                    CultureInfo.InvariantCulture,
                    $"'{after.Path}' was changed since: {before.Length} bytes of {before.LastWriteTime:O} then, "
                        + $"{after.Length} bytes of {after.LastWriteTime:O} now");
            }
        }

        return null;
    }
}

/// <summary>Reads and writes the state of a sending without reflection.</summary>
[JsonSerializable(typeof(SendState))]
internal sealed partial class SendStateJson : JsonSerializerContext;
