# What Wine 8 can and cannot do: the one table by which tests are left out of the Windows gate.
@{
    # Tags of Pester tests that are left out, each with its reason.
    LeftOut = @{
        Dotnet       = 'there is no dotnet for Windows here; the package is the same on every system'
        Certificate  = 'Wine makes no RSA certificates'
        Socket       = 'Wine has no Unix sockets, and ends TCP connections that .NET accepts'
        ThreadJob    = 'the module ThreadJob is not part of the host'
        FileShare    = 'Wine has no share of its own drives'
        ReadOnlyFile = 'Wine asks the rights of the Unix user, and root may write every file'
    }

    # Classes of VhdPS.Tests that have passed five times of five. The others: see docs/compatibility.md.
    EngineClasses = @(
        'HeldFileTests'
        'LocalPathTests'
        'RealPathTests'
        'VolumeSpaceTests'
        'ImageIOExceptionTests'
        'EnvironmentTests'
        'LockTests'
        'ReservationTests'
        'ParentSearchTests'
        'ChildCreatorTests'
        'ChildWriteTests'
        'ReadingTests'
        'WriteOrderTests'
        'FailureTests'
        'VhdImageModelTests'
        'ImageCheckerTests'
        'DiskWalkTests'
        'DiskComparisonTests'
        'DiskHashTests'
        'StructureComparisonTests'
        'SetImageOperationTests'
        'RepairOperationTests'
        'ResizeOperationTests'
        'OptimizeOperationTests'
        'InPlaceCompactionTests'
        'InPlaceConversionTests'
        'MergeOperationTests'
        'WindowsDiskTests'
    )
}
