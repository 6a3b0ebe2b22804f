using VhdPS.Engine.Checking;
using VhdPS.Engine.Files;
using VhdPS.Engine.Images;
using static System.FormattableString;

namespace VhdPS.Engine.Operations.Optimize;

/// <summary>Keeps blocks that no table entry names from being dropped with the space between the blocks.</summary>
internal static class LostBlockGuard
{
    /// <summary>Refuses an image that holds such blocks.</summary>
    /// <exception cref="VhdOperationException">It does.</exception>
    public static void ThrowIfAny(ImageFile file, VhdImage image, CancellationToken cancellation)
    {
        if (image.Map.Table is not { } table)
        {
            return;
        }

        IReadOnlyList<long> lost = LostBlocks.Find(file, image.Layout, table, cancellation);
        if (lost.Count > 0)
        {
            throw new VhdOperationException(
                image.Layout.Path, OperationError.LostBlocksPresent,
                Invariant($"blocks with data lie in the file that no table entry names: {lost.Count}, the first at offset {lost[0]}."));
        }
    }
}
