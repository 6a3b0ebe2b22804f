using System.Management.Automation;
using VhdPS.Engine.Operations.Optimize;

namespace VhdPS;

/// <summary>Takes the modes of Hyper-V's Optimize-VHD: one is a mode here, and those that are other parameters are named.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class HyperVOptimizeModeAttribute : ArgumentTransformationAttribute
{
    /// <inheritdoc/>
    public override bool TransformNullOptionalParameters => false;

    /// <inheritdoc/>
    public override object Transform(EngineIntrinsics engineIntrinsics, object inputData)
    {
        string? name = (inputData is PSObject wrapped ? wrapped.BaseObject : inputData) as string;
        return name?.ToUpperInvariant() switch
        {
            "PREZEROED" => OptimizeMode.Full,
            "PRETRIMMED" => throw new ArgumentTransformationMetadataException(
                "Pretrimmed trusts what a guest has trimmed and reads no data: -Mode Quick does so."),
            "RETRIM" => throw new ArgumentTransformationMetadataException(
                "Retrim drops what the file systems call free: -FreeSpace does so, with -Mode Full or Quick."),
            _ => inputData,
        };
    }
}
