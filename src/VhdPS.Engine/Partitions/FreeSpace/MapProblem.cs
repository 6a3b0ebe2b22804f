using System.Globalization;

namespace VhdPS.Engine.Partitions.FreeSpace;

/// <summary>Why the free space of a partition is not known.</summary>
/// <param name="Verdict">The kind of reason.</param>
/// <param name="Reason">A sentence for people.</param>
internal sealed record MapProblem(FreeSpaceVerdict Verdict, string Reason)
{
    internal static MapProblem Of(FreeSpaceVerdict verdict, FormattableString reason) =>
        new(verdict, reason.ToString(CultureInfo.InvariantCulture));
}
