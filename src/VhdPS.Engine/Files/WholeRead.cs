using Microsoft.Win32.SafeHandles;

namespace VhdPS.Engine.Files;

/// <summary>Reads as much as was asked for, in as many calls as the system wants.</summary>
internal static class WholeRead
{
    /// <summary>Fills <paramref name="buffer"/>; returns fewer bytes only at the end of the file.</summary>
    public static int At(SafeFileHandle handle, long fileOffset, Span<byte> buffer)
    {
        int total = 0;
        while (total < buffer.Length)
        {
            int count = RandomAccess.Read(handle, buffer[total..], fileOffset + total);
            if (count == 0)
            {
                break;
            }

            total += count;
        }

        return total;
    }
}
