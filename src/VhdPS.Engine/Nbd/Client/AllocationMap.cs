using VhdPS.Engine.Disks;
using VhdPS.Engine.Format;


namespace VhdPS.Engine.Nbd.Client;

/// <summary>Tells zeros of an export from data, asking the server once for each gibibyte when asked in ascending order.</summary>
internal sealed class AllocationMap(RemoteExport export, Func<long, uint, IReadOnlyList<(long Length, bool IsZero)>?> ask)
{
    private const long WindowSize = 1024 * 1024 * 1024;

    private readonly List<(long End, bool IsZero)> _runs = [];
    private long _start;
    private int _last;

    /// <summary>What lies at <paramref name="offset"/> and how far that goes; what is in doubt counts as data.</summary>
    /// <param name="offset">A multiple of 512, less than the size.</param>
    public DiskExtent Find(long offset)
    {
        long diskEnd = VhdSpec.RoundUp(export.SizeBytes, VhdSpec.SectorSize);
        if (export.AllocationContextId is null)
        {
            return new DiskExtent(offset, diskEnd - offset, IsZero: false);
        }

        (long end, bool isZero) = RunAt(offset);
        if (end >= export.SizeBytes)
        {
            return new DiskExtent(offset, diskEnd - offset, isZero);
        }

        // Of zeros only whole sectors; a sector with anything else in it is data.
        long zeroEnd = end - (end % VhdSpec.SectorSize);
        return isZero && zeroEnd > offset
            ? new DiskExtent(offset, zeroEnd - offset, IsZero: true)
            : new DiskExtent(offset, VhdSpec.RoundUp(end, VhdSpec.SectorSize) - offset, IsZero: false);
    }

    private (long End, bool IsZero) RunAt(long offset)
    {
        if (_runs.Count == 0 || offset < _start || offset >= _runs[^1].End)
        {
            Load(offset);
        }

        if (_last > 0 && offset < _runs[_last - 1].End)
        {
            _last = 0;
        }

        while (offset >= _runs[_last].End)
        {
            _last++;
        }

        return _runs[_last];
    }

    private void Load(long offset)
    {
        _runs.Clear();
        _last = 0;
        _start = offset - (offset % export.MinBlockSize);
        long wanted = Math.Min(WindowSize, export.SizeBytes - _start);
        long at = _start;
        foreach ((long length, bool isZero) in ask(_start, (uint)wanted) ?? [(wanted, false)])
        {
            // A server may say more than it was asked, even past the end.
            at += Math.Min(length, export.SizeBytes - at);
            if (_runs.Count == 0 || _runs[^1].End < at)
            {
                _runs.Add((at, isZero));
            }
        }

        if (at <= offset)
        {
            _runs.Clear();
            _runs.Add((Math.Min(export.SizeBytes, offset + export.MinBlockSize), false));
        }
    }
}
