using VhdPS.Engine.Chains;
using VhdPS.Engine.Files;
using VhdPS.Engine.Format;


namespace VhdPS.Engine.Checking;

/// <summary>Whether every parent of a differencing image is there, proven and readable.</summary>
internal static class ChainCheck
{
    /// <summary>Walks the chain by headers alone; what is wrong with a parent is a finding about the image's chain.</summary>
    public static void Run(ImageFile file, ChainImage image, ParentPolicy policy, FindingLog log)
    {
        foreach (ChainLevel level in ChainInspector.Describe(file, image, policy).Skip(1))
        {
            if (level.State is ChainState.Damaged or ChainState.Inaccessible)
            {
                log.Add(
                    new Finding(FaultCode.ParentDamaged, VhdStructure.Chain, null, "an image that can be read", string.Empty,
                        $"Parent '{level.Path}': {level.Problem}"));
            }
            else if (level.Finding is { } finding)
            {
                log.Add(finding);
            }

            if (level.TimeStampNote is { } note)
            {
                log.Add(note);
            }
        }
    }
}
