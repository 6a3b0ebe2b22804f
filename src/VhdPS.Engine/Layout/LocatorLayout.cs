using VhdPS.Engine.Format;

namespace VhdPS.Engine.Layout;

/// <summary>Judges the places of the parent locators' paths; what the paths name is not looked at.</summary>
internal static class LocatorLayout
{
    /// <summary>Adds the paths' places to the draft, and what is wrong with them.</summary>
    public static void Check(LayoutDraft draft, DynamicDiskHeader header, VhdType type, long headerOffset)
    {
        bool isAnyUsable = false;
        foreach (ParentLocator locator in header.ParentLocators.Where(locator => locator.IsUsed))
        {
            long at = headerOffset + DynamicDiskHeader.LocatorAt(locator.Index);
            void Add(FaultCode code, string expected, string actual, string message) =>
                draft.Findings.Add(
                    new Finding(
                        code, VhdStructure.ParentLocator, at, expected, actual, $"Locator {locator.Index} ({locator.CodeText}) {message}"));

            if (locator.DataLength > VhdSpec.MaxLocatorLength)
            {
                Add(
                    FaultCode.LocatorTooLong, $"at most {VhdSpec.MaxLocatorLength} bytes", $"{locator.DataLength} bytes",
                    "is longer than any path.");
            }
            else if (locator.DataOffset > (ulong)draft.File.Length || draft.File.Length - (long)locator.DataOffset < locator.DataLength)
            {
                Add(FaultCode.LocatorPastEnd, "a place in the file", $"0x{locator.DataOffset:X}", "does not lie in the file.");
                ClaimPastEnd(draft, locator);
            }
            else if (locator.DataLength > 0)
            {
                isAnyUsable = true;
                if (locator.IsUtf16 && locator.DataLength % 2 != 0)
                {
                    Add(
                        FaultCode.LocatorLengthOdd, "a whole number of UTF-16 units of 2 bytes", $"{locator.DataLength} bytes",
                        "ends inside a character.");
                }

                var extent = new StructureExtent(
                    VhdStructure.ParentLocator, (long)locator.DataOffset, Math.Min(
                        locator.SpaceBytes, draft.File.Length - (long)locator.DataOffset))
                {
                    UsedLength = locator.DataLength,
                };
                int hit = draft.Structures.FindIndex(other => other.Structure != VhdStructure.ParentLocator
                    && extent.FileOffset < other.End && other.FileOffset < extent.FileOffset + locator.DataLength);
                if (hit >= 0)
                {
                    Add(
                        FaultCode.LocatorOverlaps, "a place of its own", $"offset {extent.FileOffset}",
                        $"overlaps the {draft.Structures[hit].Structure}.");
                }
                else
                {
                    draft.Structures.Add(extent);
                }
            }
        }

        if (type == VhdType.Differencing && header.ParentUniqueId == Guid.Empty && !isAnyUsable && header.ParentUnicodeName.Length == 0)
        {
            draft.Findings.Add(new Finding(
                FaultCode.ParentInformationMissing, VhdStructure.DynamicHeader, headerOffset + DynamicDiskHeader.ParentUniqueIdAt,
                "an id, a name or a locator", "none",
                "The image does not say what its parent is."));
        }
    }

    /// <summary>
    /// A path that does not lie in the file is in it when the file has grown. Nothing may be an error then that was none
    /// before: where it begins in the file it has its place now, else new blocks will not begin in it.
    /// </summary>
    private static void ClaimPastEnd(LayoutDraft draft, ParentLocator locator)
    {
        if (locator.DataOffset > long.MaxValue - VhdSpec.MaxLocatorLength || locator.DataLength == 0)
        {
            return;
        }

        var extent = new StructureExtent(VhdStructure.ParentLocator, (long)locator.DataOffset, locator.DataLength);
        if (extent.FileOffset >= draft.File.Length)
        {
            draft.LocatorsPastEnd.Add(extent);
        }
        else if (!draft.Structures.Exists(
            other => other.Structure != VhdStructure.ParentLocator && extent.FileOffset < other.End && other.FileOffset < extent.End))
        {
            draft.Structures.Add(extent);
        }
    }
}
