namespace VhdPS.Engine.Partitions.FileSystems;

/// <summary>The list that says where a non-resident attribute of NTFS lies. Source: linux-ntfs documentation, "Data Runs".</summary>
internal static class NtfsMappingPairs
{
    /// <summary>
    /// Decodes mapping pairs: a byte with the sizes of two numbers, a count, and a signed distance from the run before. Null
    /// where they cannot be right in a volume of <paramref name="clusterCount"/> clusters.
    /// </summary>
    public static List<ClusterRun>? Decode(ReadOnlySpan<byte> pairs, long firstVcn, long clusterCount)
    {
        var runs = new List<ClusterRun>();
        long vcn = firstVcn, lcn = 0;
        while (pairs.Length > 0 && pairs[0] != 0)
        {
            int countSize = pairs[0] & 0xF, distanceSize = pairs[0] >> 4;
            if (countSize is 0 or > 8 || distanceSize > 8 || pairs.Length < 1 + countSize + distanceSize)
            {
                return null;
            }

            long count = Signed(pairs.Slice(1, countSize)), distance = Signed(pairs.Slice(1 + countSize, distanceSize));
            pairs = pairs[(1 + countSize + distanceSize)..];
            if (count <= 0 || count > clusterCount - vcn || distance > clusterCount || distance < -clusterCount)
            {
                return null;
            }

            if (distanceSize == 0)
            {
                runs.Add(new ClusterRun(vcn, -1, count));
            }
            else
            {
                lcn += distance;
                if (lcn < 0 || lcn > clusterCount - count)
                {
                    return null;
                }

                runs.Add(new ClusterRun(vcn, lcn, count));
            }

            vcn += count;
        }

        return pairs.Length == 0 ? null : runs;
    }

    private static long Signed(ReadOnlySpan<byte> bytes)
    {
        long value = bytes.Length > 0 && bytes[^1] >= 0x80 ? -1 : 0;
        for (int i = bytes.Length - 1; i >= 0; i--)
        {
            value = (value << 8) | bytes[i];
        }

        return value;
    }
}
