using System.Buffers;
using System.Buffers.Binary;
using VhdPS.Engine.Partitions.FileSystems;

namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>Whether an NTFS volume is clean: not dirty, its log closed, no system stopped in it, no shadow copies.</summary>
internal static class NtfsState
{
    /// <summary>
    /// Bits that mean that the system will work on the volume when it is mounted: dirty, the log to be resized, an upgrade, an old
    /// mount, a journal to be deleted, ids to be repaired, a check that runs or has changed something.
    /// </summary>
    private const ushort UnsettledFlags = 0xC03F;

    /// <summary>The first bytes of hiberfil.sys of a system that is stopped, or was being woken.</summary>
    private static readonly string[] HibernationSignatures = ["HIBR", "WAKE", "RSTR"];

    private const int ShadowHeaderAt = 0x1E00;
    private const int ShadowHeaderSize = 512;
    private const int ShadowCatalogAt = 48;
    private const int LogReadSize = 1024 * 1024;

    private static readonly Guid ShadowId = new("3808876B-C176-4E48-B7AE-04046E6CC752");

    /// <summary>Null where the volume is clean. A stopped system is named before all else: it concerns the whole disk.</summary>
    public static MapProblem? Check(NtfsVolume volume, CancellationToken cancellation) =>
        CheckHibernation(volume, cancellation) ?? CheckFlags(volume) ?? CheckLog(volume, cancellation) ?? CheckShadowCopies(volume);

    private static MapProblem? CheckFlags(NtfsVolume volume)
    {
        if (volume.ReadRecord(NtfsVolume.VolumeRecord)?.Find(NtfsAttribute.VolumeInformation) is not { } attribute
            || attribute.Value.Length < 12)
        {
            return MapProblem.Of(FreeSpaceVerdict.Inconsistent, $"The record of the volume cannot be read.");
        }

        ReadOnlySpan<byte> information = attribute.Value;
        if (information[8] != 3)
        {
            return MapProblem.Of(FreeSpaceVerdict.FeatureUnsupported, $"NTFS {information[8]}.{information[9]} is not handled here.");
        }

        ushort flags = BinaryPrimitives.ReadUInt16LittleEndian(information[10..]);
        return (flags & UnsettledFlags) == 0
            ? null
            : MapProblem.Of(
                FreeSpaceVerdict.NotClean, $"The volume is marked as dirty: its flags are {flags:X4}. Start it in Windows, or run chkdsk.");
    }

    private static MapProblem? CheckLog(NtfsVolume volume, CancellationToken cancellation)
    {
        ClusterStream? log = volume.Open(volume.ReadRecord(NtfsVolume.LogRecord)?.Find(NtfsAttribute.Data));
        if (log is null)
        {
            return MapProblem.Of(FreeSpaceVerdict.Inconsistent, $"The log cannot be found.");
        }

        return NtfsLog.IsClosed(log) || IsEmptied(log, cancellation)
            ? null
            : MapProblem.Of(FreeSpaceVerdict.NotClean, $"The log holds changes that were not written yet: the volume was not unmounted.");
    }

    /// <summary>Whether a log was filled with ones, as tools other than Windows leave it.</summary>
    private static bool IsEmptied(ClusterStream log, CancellationToken cancellation)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(LogReadSize);
        try
        {
            for (long at = 0; at < log.Length; at += LogReadSize)
            {
                cancellation.ThrowIfCancellationRequested();
                Span<byte> bytes = buffer.AsSpan(0, (int)Math.Min(LogReadSize, log.Length - at));
                if (!log.TryRead(at, bytes) || bytes.ContainsAnyExcept((byte)0xFF))
                {
                    return false;
                }
            }

            return log.Length > 0;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static MapProblem? CheckHibernation(NtfsVolume volume, CancellationToken cancellation)
    {
        if (NtfsRootFolder.Find(volume, "hiberfil.sys", cancellation, out MapProblem? problem) is not { } record)
        {
            return problem;
        }

        Span<byte> signature = stackalloc byte[4];
        NtfsAttribute? data = record.Find(NtfsAttribute.Data);
        if (data is { IsResident: true } resident)
        {
            // Windows makes no hiberfil.sys of so few bytes.
            ReadOnlySpan<byte> value = resident.Value;
            value[..Math.Min(4, value.Length)].CopyTo(signature);
        }
        else if (data is null || volume.Open(data) is not { } stream)
        {
            return MapProblem.Of(FreeSpaceVerdict.Inconsistent, $"hiberfil.sys cannot be read.");
        }
        else if (stream.Length >= signature.Length && !stream.TryRead(0, signature))
        {
            return MapProblem.Of(FreeSpaceVerdict.Inconsistent, $"hiberfil.sys cannot be read.");
        }

        string text = System.Text.Encoding.Latin1.GetString(signature).ToUpperInvariant();
        return HibernationSignatures.Contains(text)
            ? MapProblem.Of(FreeSpaceVerdict.Hibernated,
                $"Windows is hibernated, or was shut down with fast startup, and expects the disk as it left it.")
            : null;
    }

    /// <summary>
    /// Shadow copies keep only what was overwritten since; a cluster that was freed since is read from the volume. Their header
    /// lies in the boot area; without a catalog there are none.
    /// </summary>
    private static MapProblem? CheckShadowCopies(NtfsVolume volume)
    {
        Span<byte> header = stackalloc byte[ShadowHeaderSize];
        bool hasCatalog = volume.Window.TryRead(ShadowHeaderAt, header) && new Guid(header[..16]) == ShadowId
            && BinaryPrimitives.ReadInt64LittleEndian(header[ShadowCatalogAt..]) != 0;
        return hasCatalog
            ? MapProblem.Of(FreeSpaceVerdict.ShadowCopies, $"The volume has shadow copies, which may need clusters that are free now.")
            : null;
    }
}
