namespace VhdPS.Engine.Files;

/// <summary>Distinguishes the holes of a file from data, asking the system once for each stretch when asked in ascending order.</summary>
internal sealed class SparseRanges(ImageFile file)
{
    private long _holeStart;
    private long _dataStart = -1;
    private long _dataEnd = -1;

    /// <summary>Whether <paramref name="fileOffset"/> lies in a hole, or after the end, and where that stretch ends.</summary>
    public bool IsHole(long fileOffset, out long end)
    {
        if (fileOffset < _holeStart || fileOffset >= _dataEnd)
        {
            _holeStart = fileOffset;
            if (!file.TryFindData(fileOffset, out _dataStart, out _dataEnd))
            {
                _dataStart = _dataEnd = long.MaxValue;
            }
        }

        bool isHole = fileOffset < _dataStart;
        end = isHole ? _dataStart : _dataEnd;
        return isHole;
    }
}
