namespace VhdPS.Engine.Pages;

/// <summary>The whole list of a blob's pages, asked for part by part.</summary>
internal static class PageList
{
    /// <summary>The ranges in ascending order, cleared ones among the others where the service puts them.</summary>
    /// <exception cref="TransferException">The service refused, or gave the ranges in no order.</exception>
    public static IEnumerable<PageRange> Read(
        PageBlob blob, long length, PreviousSnapshot? since, TransferRetry retry, CancellationToken cancellation)
    {
        string? marker = null;
        long end = 0;
        do
        {
            string? from = marker;
            PageRangeSegment segment = retry.Run(token => blob.ListAsync(length, since, from, token), cancellation);
            foreach (PageRange range in segment.Ranges)
            {
                // What the work relies on is never taken on trust: order, whole pages, and that no range covers another.
                if (range.Offset < end || range.Length <= 0 || range.Offset % 512 != 0 || range.Length % 512 != 0)
                {
                    throw new TransferException(
                        blob.Address.Target,
                        TransferFault.BlobRequestRefused,
                        $"the list of pages has a range at offset {range.Offset} of {range.Length} bytes after one that ends at {end}.");
                }

                end = range.End;
                yield return range;
            }

            marker = string.IsNullOrEmpty(segment.Marker) ? null : segment.Marker;
            if (marker is not null && marker == from)
            {
                throw new TransferException(blob.Address.Target, TransferFault.BlobRequestRefused, "the list of pages does not end.");
            }
        }
        while (marker is not null);
    }
}
